// A bundle, as edgekit exports it: model files, labels, golden pictures, and a manifest that names them.
import { FORMATS } from './runtimes/index.js';

const BUNDLE = new URL('../bundle/', import.meta.url);

/** The address of a file of the bundle. */
export const addressOf = (file) => new URL(file, BUNDLE).href;

/** The manifest, the labels, the golden table, and the model files that a browser can open. */
export async function openBundle() {
  const [manifest, labels, golden] = await Promise.all([
    fetched('manifest.json').then((answer) => answer.json()),
    fetched('labels.txt').then((answer) => answer.text()),
    fetched('golden.json').then((answer) => answer.json()),
  ]);
  return {
    manifest,
    labels: labels.split('\n').filter(Boolean),
    golden,
    artifacts: manifest.artifacts.filter(({ format }) => FORMATS.includes(format)),
  };
}

/** Whether a model file takes images of this size; most take any. */
export function takesSize({ input }, height, width) {
  const [, fixedHeight, fixedWidth] = input.shape;
  return [-1, height].includes(fixedHeight) && [-1, width].includes(fixedWidth);
}

/** Fetch a file of the bundle. */
export async function fetched(file) {
  const answer = await fetch(addressOf(file));
  if (!answer.ok) throw new Error(`the bundle has no ${file}`);
  return answer;
}
