/** Name what is on photographs: node classify.mjs MODEL IMAGE... */
import { Classifier } from './classifier.mjs';
import { decode } from './image.mjs';
import { orExit } from './or-exit.mjs';

const [model, ...files] = process.argv.slice(2);
if (files.length === 0) {
  console.error('usage: node classify.mjs MODEL.onnx IMAGE...');
  process.exit(1);
}

const classifier = await orExit(model, Classifier.open(model));
for (const file of files) {
  const { rgb, width, height } = await orExit(file, decode(file));
  const start = performance.now();
  const { label, probability, labels } = await orExit(file, classifier.predict(rgb, width, height));
  const spent = performance.now() - start;
  // Of several labels, each by itself, all that are there, or none; the probability is the strongest one's.
  const said = labels.length === 1 && labels[0] === label ? label : `${labels.join(', ') || 'none'} (strongest: ${label})`;
  console.log(`${file}  ${said}  ${(100 * probability).toFixed(1)} %  ${spent.toFixed(1)} ms`);
}
