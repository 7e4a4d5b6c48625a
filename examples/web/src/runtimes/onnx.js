// ONNX files in onnxruntime-web, on its wasm backend.
import { env, InferenceSession, Tensor } from 'onnxruntime-web';

// The .wasm lies beside the script. More threads would need SharedArrayBuffer, so COOP and COEP headers from the server.
env.wasm.wasmPaths = new URL('./', import.meta.resolve('onnxruntime-web')).href;
env.wasm.numThreads = 1;

export async function open(url) {
  const session = await InferenceSession.create(url, { executionProviders: ['wasm'] });
  const [input] = session.inputNames;
  const [output] = session.outputNames;
  return {
    runtime: `onnxruntime-web ${env.versions.web} (wasm, 1 thread)`,
    async run(rgbPixels, height, width) {
      const answer = await session.run({ [input]: new Tensor('uint8', rgbPixels, [1, height, width, 3]) });
      return answer[output].data;
    },
    close: () => session.release(),
  };
}
