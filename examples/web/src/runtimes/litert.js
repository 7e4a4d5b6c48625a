// TFLite files in LiteRT.js, on its CPU backend (XNNPACK in wasm).
import { loadAndCompile, loadLiteRt, Tensor } from '@litertjs/core';

const PACKAGE = new URL('../', import.meta.resolve('@litertjs/core'));

let loading;

/** Load the runtime, once: all files share its memory. Resolves with its version. */
async function load() {
  // The wasm writes its log to standard error, line by line: only what is an error should look like one.
  self.Module = { printErr: (line) => (/^(ERROR|FATAL)/.test(line) ? console.error(line) : console.debug(line)) };
  const [{ liteRtWasm }, { version }] = await Promise.all([
    loadLiteRt(new URL('wasm/', PACKAGE).href),
    fetch(new URL('package.json', PACKAGE)).then((answer) => answer.json()),
  ]);
  // A file for images of any size says [1, -1, -1, 3], and LiteRT.js 2.5.3 compares that with the image's shape number by
  // number: "UInt8[1, 96, 96, 3] does not match expected ranked tensor type UInt8[1, -1, -1, 3]". The runtime below it
  // resizes its input by itself and answers rightly, so the comparison goes for such files. Remove once `run` takes them.
  const compare = liteRtWasm.checkTensorBufferCompatible;
  liteRtWasm.checkTensorBufferCompatible = (given, expected, requirements) => {
    if (!takesAnySize(expected)) compare(given, expected, requirements);
  };
  return version;
}

function takesAnySize(tensorType) {
  const layout = tensorType.layout();
  const dimensions = layout.dimensions();
  const found = Array.from({ length: dimensions.size() }, (_, axis) => dimensions.get(axis)).includes(-1);
  dimensions.delete();
  layout.delete();
  return found;
}

export async function open(url) {
  const version = await (loading ??= load());
  const compiled = await loadAndCompile(url, { accelerator: 'wasm' });
  return {
    runtime: `LiteRT.js ${version} (wasm, 1 thread)`,
    async run(rgbPixels, height, width) {
      // Tensors live in the wasm's memory, where nothing collects them.
      const image = new Tensor(rgbPixels, [1, height, width, 3]);
      try {
        const [scores] = await compiled.run(image);
        const values = await scores.data();
        scores.delete();
        return values;
      } finally {
        image.delete();
      }
    },
    close: () => compiled.delete(),
  };
}
