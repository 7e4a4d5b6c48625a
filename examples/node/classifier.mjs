/**
 * An image classifier in an ONNX file that edgekit exported. Raw pixels go in: the graph itself resizes and normalises,
 * so there is no preprocessing to keep in step with the training.
 */
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { contractOf, decide } from './decision.mjs';

const ERRORS_ONLY = 3;

export class Classifier {
  #session;
  #contract;

  constructor(session, contract) {
    this.#session = session;
    this.#contract = contract;
  }

  /** Open a model file. */
  static async open(file) {
    const data = await readFile(file);
    const session = await InferenceSession.create(data, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      logSeverityLevel: ERRORS_ONLY,
    });
    const [input] = session.inputMetadata;
    if (input.type !== 'uint8' || input.shape.length !== 4 || input.shape[3] !== 3) {
      throw new Error(`not a model that edgekit exported: its input is no raw image (${input.type}, [${input.shape}])`);
    }
    return new Classifier(session, contractOf(data));
  }

  /** Return the model's scores for an image: rows from the top, three bytes (red, green, blue) a pixel, no padding. */
  async scores(rgb, width, height) {
    const image = new Tensor('uint8', rgb, [1, height, width, 3]);
    const answer = await this.#session.run({ [this.#session.inputNames[0]]: image });
    return answer[this.#session.outputNames[0]].data;
  }

  /** Return what is on an image: its `label` with its `probability`, and all `labels` that hold, of classes one. */
  async predict(rgb, width, height) {
    if (this.#contract.head === 'features') throw new Error('this file answers features, not classes');
    return decide(await this.scores(rgb, width, height), this.#contract);
  }
}
