/**
 * An image classifier in an ONNX file that edgekit exported. Raw pixels go in: the graph itself resizes and normalises,
 * so there is no preprocessing to keep in step with the training.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const ERRORS_ONLY = 3;

export class Classifier {
  #session;
  #labels;

  constructor(session, labels) {
    this.#session = session;
    this.#labels = labels;
  }

  /** Open a model file. Its labels are in `labels.txt` beside it: onnxruntime-node does not show what else an ONNX file says. */
  static async open(file) {
    const session = await InferenceSession.create(file, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      logSeverityLevel: ERRORS_ONLY,
    });
    const [input] = session.inputMetadata;
    if (input.type !== 'uint8' || input.shape.length !== 4 || input.shape[3] !== 3) {
      throw new Error(`not a model that edgekit exported: its input is no raw image (${input.type}, [${input.shape}])`);
    }
    const labels = await readFile(join(dirname(file), 'labels.txt'), 'utf8');
    return new Classifier(session, labels.split(/\r?\n/).slice(0, -1));
  }

  /** Return the model's scores for an image: rows from the top, three bytes (red, green, blue) a pixel, no padding. */
  async scores(rgb, width, height) {
    const image = new Tensor('uint8', rgb, [1, height, width, 3]);
    const answer = await this.#session.run({ [this.#session.inputNames[0]]: image });
    return answer[this.#session.outputNames[0]].data;
  }

  /** Return the likeliest class of an image, and its probability. */
  async predict(rgb, width, height) {
    const scores = await this.scores(rgb, width, height);
    if (scores.length !== this.#labels.length) {
      throw new Error(`${this.#labels.length} labels for a model of ${scores.length} scores`);
    }
    // The output's name is the head that was exported: raw scores (logits), or probabilities already.
    const probabilities = this.#session.outputNames[0] === 'logits' ? softmax(scores) : scores;
    const best = probabilities.indexOf(Math.max(...probabilities));
    return { label: this.#labels[best], probability: probabilities[best] };
  }
}

function softmax(scores) {
  const highest = Math.max(...scores); // taken off first, so that exp() cannot overflow
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
