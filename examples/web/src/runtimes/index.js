// A runtime is a module with one function, `open(url)`, which resolves with a model:
//
//   model.run(rgbPixels, height, width)   Uint8Array of height · width · 3 values in; resolves with a Float32Array of scores
//   model.runtime                         which runtime it is, for people
//   model.close()                         frees the model's memory
//
// A module is fetched when the first file of its format is opened: an app that ships one format ships one of them.

const RUNTIMES = {
  onnx: () => import('./onnx.js'),
  tflite: () => import('./litert.js'),
};

/** The names of the formats that a browser can open. */
export const FORMATS = Object.keys(RUNTIMES);

/** Open a model file by its format, `onnx` or `tflite`. */
export async function open(format, url) {
  const runtime = await RUNTIMES[format]();
  return runtime.open(url);
}
