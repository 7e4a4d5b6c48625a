// One image at a time: raw pixels in memory in, scores out. Measuring only; the page shows it.

const WINDOW_RUNS = 10;
const STEADY = 0.05; // two windows' medians this close, as a share: warm
const WARM_UP_MS = 5_000;
const RUNS = 200;
const RUNS_MS = 20_000;

/**
 * Time `run`, first until it is steady, then for what is shown; both end early where a run is slow.
 * Resolves with all samples in ms, in the order of time. `tell(share)` hears how far it is, 0 to 1.
 */
export async function measure(run, tell, now = () => performance.now()) {
  await warmUp(run, now);
  const samplesMs = [];
  const start = now();
  while (samplesMs.length < RUNS && now() - start < RUNS_MS) {
    samplesMs.push(await timed(run, now));
    tell(Math.max(samplesMs.length / RUNS, Math.min(1, (now() - start) / RUNS_MS)));
  }
  return samplesMs;
}

/** Compilers and caches make the first runs slow: run until a window's median is that of the one before it. */
async function warmUp(run, now) {
  const start = now();
  let before = Infinity;
  while (now() - start < WARM_UP_MS) {
    const window = [];
    while (window.length < WINDOW_RUNS && now() - start < WARM_UP_MS) window.push(await timed(run, now));
    const median = percentile(window, 50);
    if (Math.abs(median - before) <= STEADY * before) return;
    before = median;
  }
}

async function timed(run, now) {
  // The page stays alive between two runs, as an app's would.
  await new Promise((resolve) => setTimeout(resolve));
  const start = now();
  await run();
  return now() - start;
}

/** The nearest-rank percentile: a time that was measured, not one between two. */
export function percentile(samplesMs, percent) {
  const sorted = samplesMs.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** The smallest step that the clock makes, in ms. Browsers round it, against attacks that measure time. */
export function clockStepMs(now = () => performance.now()) {
  let smallest = Infinity;
  for (let step = 0, last = now(); step < 20; step++) {
    let next = now();
    while (next === last) next = now();
    smallest = Math.min(smallest, next - last);
    last = next;
  }
  return smallest;
}
