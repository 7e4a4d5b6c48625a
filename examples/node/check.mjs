/** The golden check: give each ONNX file of a bundle all golden images, and compare its scores with those recorded. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'onnxruntime-node';
import { Classifier } from './classifier.mjs';
import { decode } from './image.mjs';
import { orExit } from './or-exit.mjs';

const [bundle] = process.argv.slice(2);
if (bundle === undefined) {
  console.error('usage: node check.mjs BUNDLE');
  process.exit(1);
}

const golden = await orExit(bundle, readGolden());
const names = golden.images.map((image) => image.file);
const images = [];
for (const name of names) {
  images.push(await orExit(name, decode(join(bundle, name))));
}

const files = Object.keys(golden.own).filter((file) => file.endsWith('.onnx'));
if (files.length === 0) {
  console.error(`${bundle}: no ONNX file in this bundle`);
  process.exit(1);
}
for (const file of files) {
  const { tolerances, scores } = golden.own[file];
  const distances = await orExit(file, measured(join(bundle, file), scores));
  const beyond = distances.map((distance, index) => distance - tolerances[index]);
  const worst = beyond.indexOf(Math.max(...beyond));
  const right = distances[worst] <= tolerances[worst];
  const verdict = right ? 'ok' : `FAILED, worst at ${names[worst]}`;
  console.log(
    `${file}  onnxruntime-node ${env.versions.node}  ${distances.length} images  ` +
      `difference ${distances[worst].toPrecision(2)}, tolerance ${tolerances[worst].toPrecision(2)}  ${verdict}`,
  );
  if (!right) process.exitCode = 1;
}

async function readGolden() {
  try {
    return JSON.parse(await readFile(join(bundle, 'golden.json'), 'utf8'));
  } catch (error) {
    throw new Error(`no bundle, or a damaged one: its golden.json cannot be read (${error.message})`);
  }
}

/** Return for each golden image how far a file's answer is from the recorded one. */
async function measured(file, recorded) {
  const classifier = await Classifier.open(file);
  const distances = [];
  for (const [index, { rgb, width, height }] of images.entries()) {
    distances.push(distance(await classifier.scores(rgb, width, height), recorded[index]));
  }
  return distances;
}

/** Return the largest difference of two lists of scores; infinite where they do not compare. */
function distance(answered, recorded) {
  if (answered.length !== recorded.length) return Infinity;
  const largest = Math.max(...recorded.map((score, index) => Math.abs(score - answered[index])));
  return Number.isNaN(largest) ? Infinity : largest;
}
