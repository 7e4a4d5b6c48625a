// The page: what the user does, and what is shown. Pixels, models and times each have a module of their own.
import { clockStepMs, measure, percentile } from './bench.js';
import { addressOf, fetched, openBundle, takesSize } from './bundle.js';
import { startCamera } from './camera.js';
import { decode, rgbPixels } from './pixels.js';
import { open } from './runtimes/index.js';
import { answer } from './scores.js';

const SHOWN_CLASSES = 5;
const SHOWN_GOLDEN = 18;
const SMALL_PX = 128; // a picture below this is enlarged with its pixels visible
const P99_RUNS = 100; // fewer runs have no hundredth part

const byId = (id) => document.getElementById(id);
const milliseconds = (ms) => `${ms.toFixed(1)} ms`;
const percent = (share) => `${(share * 100).toFixed(1)} %`;

let bundle;
let served = null; // {artifact, model}: the file that answers
let picture = null; // {pixels, height, width}: what it last answered to, but for the camera's frames
let stopCamera = null;

// One thing at a time: a model answers one image at a time, and a measurement shares the machine with nothing.
let last = Promise.resolve();
function inTurn(job) {
  const done = last.then(job);
  last = done.catch(() => {});
  return done;
}

function say(text) {
  byId('status').textContent = text;
  byId('status').classList.remove('error');
}

function tell(error) {
  byId('status').textContent = error.message;
  byId('status').classList.add('error');
}

// --- model files

function listArtifacts() {
  for (const { file, format, precision, bytes } of bundle.artifacts) {
    const megabytes = (bytes / 1e6).toFixed(1);
    byId('artifact').append(new Option(`${file} (${format}, ${precision}, ${megabytes} MB)`, file));
  }
}

async function serveArtifact() {
  const artifact = bundle.artifacts.find(({ file }) => file === byId('artifact').value);
  say(`Opening ${artifact.file} …`);
  byId('bench').disabled = true;
  served?.model.close();
  served = null;
  const start = performance.now();
  const model = await open(artifact.format, addressOf(artifact.file));
  served = { artifact, model };
  say(`${artifact.file} opened in ${milliseconds(performance.now() - start)}; its first image takes longer than later ones`);
  if (picture) await answerPicture();
}

// --- answers

async function scoresOf({ pixels, height, width }) {
  if (!served) throw new Error('no model file is open');
  const { artifact, model } = served;
  if (!takesSize(artifact, height, width)) {
    const [, fixedHeight, fixedWidth] = artifact.input.shape;
    throw new Error(`${artifact.file} takes images of ${fixedWidth} × ${fixedHeight} pixels only. Received: ${width} × ${height}`);
  }
  const start = performance.now();
  const scores = await model.run(pixels, height, width);
  return { scores, elapsedMs: performance.now() - start };
}

function showAnswer({ height, width }, { scores, elapsedMs }) {
  const { artifact, model } = served;
  byId('served').textContent = `${artifact.file} in ${model.runtime}: ${width} × ${height} pixels in ${milliseconds(elapsedMs)}`;
  if (artifact.head === 'features') {
    byId('top').textContent = `${scores.length} features`;
    byId('classes').replaceChildren();
    return byId('top').textContent;
  }
  const { said, best: classes } = answer(scores, artifact.head, bundle.manifest, bundle.labels, SHOWN_CLASSES);
  byId('top').textContent = said.map(({ label }) => label).join(', ') || 'none of the labels';
  byId('classes').replaceChildren(
    ...classes.map(({ label, probability }) => {
      const row = document.createElement('li');
      row.style.setProperty('--share', `${probability * 100}%`);
      row.append(...[label, percent(probability)].map((text) => Object.assign(document.createElement('span'), { textContent: text })));
      return row;
    }),
  );
  return said.map(({ label, probability }) => `${label} ${percent(probability)}`).join(', ') || byId('top').textContent;
}

async function answerPicture() {
  byId('bench').disabled = true;
  showAnswer(picture, await scoresOf(picture));
  byId('bench').disabled = false;
}

// --- pictures

async function showPicture(blob, name) {
  endCamera();
  const bitmap = await decode(blob).catch(() => {
    throw new Error(`this is no picture that the browser can decode. Received: ${name}`);
  });
  const { height, width } = bitmap;
  picture = { pixels: rgbPixels(bitmap, height, width), height, width };
  const preview = byId('preview');
  Object.assign(preview, { height, width, hidden: false });
  preview.classList.toggle('small', Math.max(height, width) < SMALL_PX);
  preview.getContext('2d').drawImage(bitmap, 0, 0);
  bitmap.close();
  byId('invitation').hidden = true;
  say(name);
  await answerPicture();
}

function takePicture(blob, name) {
  for (const button of byId('golden').children) button.ariaPressed = String(button.title === name);
  inTurn(() => showPicture(blob, name)).catch(tell);
}

function listGolden() {
  for (const { file, label, labels } of bundle.golden.images.slice(0, SHOWN_GOLDEN)) {
    const button = Object.assign(document.createElement('button'), { type: 'button', title: file, ariaPressed: 'false' });
    const shown = (labels ?? [label]).filter((index) => index !== null).map((index) => bundle.labels[index]);
    const what = shown.length ? `Golden picture of ${shown.join(', ')}` : `Golden picture ${file}`;
    button.append(Object.assign(new Image(), { src: addressOf(file), alt: what, loading: 'lazy' }));
    button.addEventListener('click', async () => {
      try {
        takePicture(await (await fetched(file)).blob(), file);
      } catch (error) {
        tell(error);
      }
    });
    byId('golden').append(button);
  }
}

function listenForDrops() {
  const stage = byId('stage');
  // Without this a browser leaves the page and opens what was dropped beside the stage.
  for (const kind of ['dragover', 'drop']) document.addEventListener(kind, (event) => event.preventDefault());
  stage.addEventListener('dragover', () => stage.classList.add('over'));
  stage.addEventListener('dragleave', () => stage.classList.remove('over'));
  stage.addEventListener('drop', ({ dataTransfer }) => {
    stage.classList.remove('over');
    const [file] = dataTransfer.files;
    if (file) takePicture(file, file.name);
  });
}

// --- the camera

async function beginCamera() {
  const answered = []; // when frames were answered, of the last second
  const answerFrame = (video, height, width) =>
    inTurn(async () => {
      const frame = { pixels: rgbPixels(video, height, width), height, width };
      const what = showAnswer(frame, await scoresOf(frame));
      const now = performance.now();
      answered.push(now);
      while (now - answered[0] > 1000) answered.shift();
      byId('live').textContent = `${what} · ${answered.length} frames/s`;
    });
  stopCamera = await startCamera(byId('video'), answerFrame, (error) => {
    endCamera();
    tell(error);
  });
  say('');
  // A screen reader would read every frame's answer.
  byId('answer').ariaLive = 'off';
  byId('preview').hidden = byId('invitation').hidden = true;
  byId('video').hidden = byId('live').hidden = false;
  byId('camera').textContent = 'Stop the camera';
}

function endCamera() {
  if (!stopCamera) return;
  stopCamera();
  stopCamera = null;
  byId('answer').ariaLive = 'polite';
  byId('video').hidden = byId('live').hidden = true;
  byId('preview').hidden = !picture;
  byId('invitation').hidden = Boolean(picture);
  byId('camera').textContent = 'Use the camera';
}

async function toggleCamera() {
  if (stopCamera) {
    endCamera();
    if (picture) await inTurn(answerPicture);
    return;
  }
  // The user may think a while about giving the camera: a second click then would ask for it twice.
  byId('camera').disabled = true;
  await beginCamera().finally(() => (byId('camera').disabled = false));
}

// --- times

async function benchPicture() {
  const { artifact, model } = served;
  const { pixels, height, width } = picture;
  const progress = byId('progress');
  byId('bench').disabled = true;
  progress.hidden = false;
  try {
    const samplesMs = await measure(
      () => model.run(pixels, height, width),
      (share) => (progress.value = share),
    );
    showTimes(artifact, model, { height, width }, samplesMs);
  } finally {
    progress.hidden = true;
    progress.value = 0;
    byId('bench').disabled = false;
  }
}

function showTimes({ file }, { runtime }, { height, width }, samplesMs) {
  const row = byId('rows').insertRow();
  const how = `${runtime}; ${width} × ${height} pixels, ${samplesMs.length} runs`;
  row.insertCell().append(file, Object.assign(document.createElement('small'), { textContent: how }));
  row.insertCell().textContent = Math.min(...samplesMs).toFixed(1);
  for (const share of [50, 90, 99]) {
    const enough = share < 99 || samplesMs.length >= P99_RUNS;
    row.insertCell().textContent = enough ? percentile(samplesMs, share).toFixed(1) : '–';
  }
  byId('measured').hidden = false;
}

function showClock() {
  const step = clockStepMs();
  byId('clock').append(
    ` Browser clocks are coarse on purpose: this one steps by ${step.toPrecision(1)} ms, so no figure is finer than that.`,
  );
}

// --- the start

async function start() {
  byId('picture').addEventListener('change', ({ target }) => {
    const [file] = target.files;
    target.value = ''; // so that the same file can be chosen again
    if (file) takePicture(file, file.name);
  });
  byId('artifact').addEventListener('change', () => inTurn(serveArtifact).catch(tell));
  byId('camera').addEventListener('click', () => toggleCamera().catch(tell));
  byId('bench').addEventListener('click', () => {
    endCamera();
    inTurn(benchPicture).catch(tell);
  });
  listenForDrops();
  showClock();
  bundle = await openBundle();
  if (!bundle.artifacts.length) throw new Error('the bundle has no file that a browser can open');
  byId('name').textContent = bundle.manifest.name;
  byId('story').textContent = bundle.manifest.story.replaceAll('`', '');
  listArtifacts();
  listGolden();
  await inTurn(serveArtifact);
}

start().catch(tell);
