// Scores for people. The exported graph ends in logits, so the softmax or the sigmoid is the app's.

/** Logits to probabilities. The largest is subtracted first, so that no exponential overflows. */
export function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

const sigmoid = (logit) => 1 / (1 + Math.exp(-logit));

/** A probability for each label. Of the head `probabilities` the graph has computed them; a binary head has one score, that of the second label. */
function probabilitiesOf(scores, head, task) {
  const done = head === 'probabilities';
  if (task === 'classes') return done ? Array.from(scores) : softmax(scores);
  const each = Array.from(scores, (score) => (done ? score : sigmoid(score)));
  return task === 'binary' ? [1 - each[0], each[0]] : each;
}

/**
 * What scores mean: {said, best}. `best` are the `count` most probable labels as {label, probability}, the best first; `said` is the answer:
 * the class, one of two labels by the threshold, or all labels that are above theirs. `manifest` says which task it is.
 */
export function answer(scores, head, { task = 'classes', thresholds = [] }, labels, count) {
  const probabilities = probabilitiesOf(scores, head, task);
  const named = probabilities.map((probability, index) => ({ label: labels[index], probability }));
  const best = [...named].sort((one, other) => other.probability - one.probability).slice(0, count);
  switch (task) {
    case 'classes':
      return { said: [best[0]], best };
    case 'binary':
      return { said: [named[probabilities[1] > thresholds[0] ? 1 : 0]], best };
    case 'multilabel':
      return { said: named.filter(({ probability }, index) => probability > thresholds[index]), best };
    default:
      throw new Error(`this page does not know what to make of scores of the task ${task}`);
  }
}
