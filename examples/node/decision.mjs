/**
 * What an exported file says of its own scores. An ONNX file carries it as an entry of its metadata, which onnxruntime-node does not show:
 * JSON behind the key "edgekit.json", with its length in front, as protocol buffers write it.
 */
const KEY = Buffer.from('edgekit.json\x12', 'latin1');

/** Return the labels, task, thresholds and head that are told inside a model file (a Buffer). */
export function contractOf(file) {
  const found = file.lastIndexOf(KEY);
  if (found === -1) throw new Error('not a model that edgekit exported: it does not say what its scores are');
  let start = found + KEY.length;
  let length = 0;
  for (let shift = 0, byte = 128; byte >= 128; shift += 7, start += 1) {
    byte = file[start];
    length += (byte & 127) * 2 ** shift;
  }
  const { labels, head, task = 'classes', thresholds = [] } = JSON.parse(file.toString('utf8', start, start + length));
  return { labels, head, task, thresholds };
}

/**
 * Return what scores mean: `label` is the likeliest, `probability` its own, and `labels` are all that hold.
 * Classes: one of all. Binary: one score, of which a high one means the second label. Multilabel: each label by itself.
 */
export function decide(scores, { labels, head, task, thresholds }) {
  const probabilities = probabilitiesOf(Array.from(scores), head === 'logits', task);
  if (probabilities.length !== labels.length) throw new Error(`${labels.length} labels for a model of ${scores.length} scores (${task})`);
  const named = (index) => ({ label: labels[index], probability: probabilities[index] });
  switch (task) {
    case 'classes': {
      const best = named(probabilities.indexOf(Math.max(...probabilities)));
      return { ...best, labels: [best.label] };
    }
    case 'binary': {
      const answer = named(probabilities[1] > thresholds[0] ? 1 : 0);
      return { ...answer, labels: [answer.label] };
    }
    case 'multilabel': {
      const strongest = named(probabilities.indexOf(Math.max(...probabilities)));
      return { ...strongest, labels: labels.filter((_, index) => probabilities[index] > thresholds[index]) };
    }
    default:
      throw new Error(`this app does not know what to make of scores of the task ${task}`);
  }
}

function probabilitiesOf(scores, areLogits, task) {
  if (task === 'classes') return areLogits ? softmax(scores) : scores;
  const each = areLogits ? scores.map((score) => 1 / (1 + Math.exp(-score))) : scores;
  return task === 'binary' ? [1 - each[0], each[0]] : each;
}

function softmax(scores) {
  const highest = Math.max(...scores); // taken off first, so that exp() cannot overflow
  const powers = scores.map((score) => Math.exp(score - highest));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}
