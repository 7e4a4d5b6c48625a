// Scores for people. The exported graph ends in logits, so the softmax is the app's.

/** Logits to probabilities. The largest is subtracted first, so that no exponential overflows. */
export function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

/** The `count` most probable classes as {label, probability}, the best first. Of the head `probabilities` the graph has the softmax. */
export function best(scores, head, labels, count) {
  const probabilities = head === 'probabilities' ? Array.from(scores) : softmax(scores);
  return probabilities
    .map((probability, index) => ({ label: labels[index], probability }))
    .sort((one, other) => other.probability - one.probability)
    .slice(0, count);
}
