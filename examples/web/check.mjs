// Drives the page in headless Chromium, and holds what it answers to the bundle's golden table.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { serve } from './serve.mjs';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
];
const WAIT_MS = 120_000;

async function main(folder) {
  if (!folder) throw new Error('no bundle is named; hint: make check BUNDLE=path/to/exported/mobilenet');
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  if (!existsSync(executablePath)) throw new Error(`Chromium is not there; hint: make check CHROMIUM=path. Received: ${executablePath}`);
  const bundle = path.resolve(folder);
  const server = await serve(bundle, 0);
  const browser = await chromium.launch({ executablePath, headless: true, args: FLAGS });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(WAIT_MS);
    const complaints = watch(page, server.url);
    await page.goto(server.url);
    await opened(page);
    await checkPixels(page, bundle);
    await checkGolden(page);
    await checkPage(page, bundle);
    if (complaints.length) throw new Error(complaints.join('\n'));
    console.log(`Chromium ${browser.version()}: no error in the console, no request left ${server.url}`);
  } finally {
    await browser.close();
    server.close();
  }
}

/** Collect what the page must not do: errors in the console, and requests to another place. */
function watch(page, home) {
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`the console has an error: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`the page threw: ${error.message}`));
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(home) && !/^(data|blob):/.test(url)) complaints.push(`a request left the machine: ${url}`);
  });
  page.on('websocket', (socket) => complaints.push(`a socket was opened: ${socket.url()}`));
  return complaints;
}

/** The canvas must not change a value: the page's pixels are those that edgekit reads. */
async function checkPixels(page, bundle) {
  const python = process.env.PYTHON ?? '../../.venv/bin/python';
  const expected = JSON.parse(run(python, [path.join(import.meta.dirname, 'pixels.py'), bundle]));
  const found = await page.evaluate(async () => {
    const { fetched, openBundle } = await import('./src/bundle.js');
    const { decode, rgbPixels } = await import('./src/pixels.js');
    const { golden } = await openBundle();
    const hashes = [];
    for (const { file } of golden.images) {
      const bitmap = await decode(await (await fetched(file)).blob());
      const digest = await crypto.subtle.digest('SHA-256', rgbPixels(bitmap, bitmap.height, bitmap.width));
      hashes.push(Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join(''));
    }
    return hashes;
  });
  const different = expected.findIndex((hash, index) => hash !== found[index]);
  if (different !== -1 || found.length !== expected.length) throw new Error(`the pixels of golden image ${different} are not those of edgekit`);
  console.log(`pixels: ${expected.length} golden images reach the model as edgekit reads them, byte for byte`);
}

function run(program, args) {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const reason = error.stderr?.trim().split('\n').at(-1) || error.message;
    throw new Error(`edgekit's Python cannot read the golden images; hint: make check PYTHON=path. Received: ${program} (${reason})`);
  }
}

/** Every score of every golden image in every file, through the page's own modules. */
async function checkGolden(page) {
  const results = await page.evaluate(async () => {
    const { addressOf, fetched, openBundle, takesSize } = await import('./src/bundle.js');
    const { decode, rgbPixels } = await import('./src/pixels.js');
    const { open } = await import('./src/runtimes/index.js');
    const { artifacts, golden } = await openBundle();
    const results = [];
    for (const artifact of artifacts) {
      const { tolerances, scores: expected } = golden.own[artifact.file];
      const model = await open(artifact.format, addressOf(artifact.file));
      const result = { file: artifact.file, runtime: model.runtime, images: 0, of: golden.images.length, difference: 0, tolerance: Infinity, worst: null };
      for (const [index, { file }] of golden.images.entries()) {
        const bitmap = await decode(await (await fetched(file)).blob());
        const { height, width } = bitmap;
        if (!takesSize(artifact, height, width)) continue;
        const scores = await model.run(rgbPixels(bitmap, height, width), height, width);
        const differences = expected[index].map((score, unit) => Math.abs(score - scores[unit]));
        // A score that is missing or no number counts as infinitely far.
        const difference = scores.length === differences.length && differences.every(Number.isFinite) ? Math.max(...differences) : Infinity;
        const tolerance = tolerances[index];
        if (difference - tolerance >= result.difference - result.tolerance) Object.assign(result, { difference, tolerance, worst: file });
        result.images++;
      }
      await model.close();
      results.push(result);
    }
    return results;
  });
  const failed = results.filter(({ images, difference, tolerance }) => !images || !(difference <= tolerance));
  for (const result of results) {
    const { file, runtime, images, of, difference, tolerance, worst } = result;
    const counted = images === of ? `${images} images` : `${images} of ${of} images (those of its size)`;
    const verdict = failed.includes(result) ? `FAILED, worst ${worst}` : 'ok';
    const compared = `largest difference ${difference.toExponential(1)} (tolerance ${tolerance.toExponential(1)})`;
    console.log(`${file}  ${runtime}  ${counted}, ${compared}  ${verdict}`);
  }
  if (!results.length) throw new Error('the bundle has no file that a browser can open');
  if (failed.length) throw new Error(`${failed.length} of ${results.length} files are not within their tolerance`);
}

/** What a user does, once each: pick a file, drop one, choose another model, press every button. */
async function checkPage(page, bundle) {
  const golden = JSON.parse(readFileSync(path.join(bundle, 'golden.json'), 'utf8'));
  const labels = readFileSync(path.join(bundle, 'labels.txt'), 'utf8').split('\n');
  const { artifacts, task = 'classes', thresholds = [] } = JSON.parse(readFileSync(path.join(bundle, 'manifest.json'), 'utf8'));
  const [image, other] = golden.images;
  const picture = (file) => path.join(bundle, file);
  const expected = (artifact, index) => {
    const scores = golden.own[artifact.file].scores[index];
    if (artifact.head === 'features') return `${scores.length} features`;
    if (task === 'classes') return labels[scores.indexOf(Math.max(...scores))];
    // By the scores themselves: of logits a threshold is the logarithm of its odds.
    const above = scores.map((score, unit) => score > (artifact.head === 'logits' ? Math.log(thresholds[unit] / (1 - thresholds[unit])) : thresholds[unit]));
    if (task === 'binary') return labels[Number(above[0])];
    return labels.filter((_, unit) => above[unit]).join(', ') || 'none of the labels';
  };

  await page.setInputFiles('#picture', picture(image.file));
  for (const artifact of artifacts) {
    await page.selectOption('#artifact', artifact.file);
    await page.waitForFunction((file) => document.getElementById('served').textContent.startsWith(`${file} in`), artifact.file);
    same(await page.textContent('#top'), expected(artifact, 0), `${image.file} in ${artifact.file}`);
  }

  const served = artifacts.at(-1);
  await page.evaluate(() => (document.getElementById('served').textContent = ''));
  const dropped = await page.evaluateHandle(async (bytes) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([new Uint8Array(bytes)], 'dropped.png', { type: 'image/png' }));
    return transfer;
  }, [...readFileSync(picture(other.file))]);
  await page.dispatchEvent('#stage', 'drop', { dataTransfer: dropped });
  await page.waitForFunction(() => document.getElementById('served').textContent);
  same(await page.textContent('#top'), expected(served, 1), `${other.file}, dropped, in ${served.file}`);

  await page.setInputFiles('#picture', picture('labels.txt'));
  await page.waitForSelector('#status.error');
  same(await page.textContent('#status'), 'this is no picture that the browser can decode. Received: labels.txt', 'a file that is no picture');

  await page.click('#bench');
  await page.waitForSelector('#rows tr');
  const [how, ...times] = await page.locator('#rows tr td').allTextContents();
  const [, p50] = times;
  if (!(Number(p50) > 0)) throw new Error(`the measurement has no p50. Received: ${how}: ${times.join(', ')}`);

  await page.click('#camera');
  // A file of a fixed size cannot take the camera's frames, and says so instead.
  const answered = await page.waitForFunction(() => {
    const shown = ['live', 'status'].map((id) => document.getElementById(id).textContent);
    return shown.find((text) => /\d frames\/s|pixels only/.test(text));
  });
  const live = await answered.jsonValue();
  if (await page.isVisible('#video')) await page.click('#camera');
  await page.waitForSelector('#video', { state: 'hidden' });

  console.log(`page: ${artifacts.length} files chosen, a picture picked, one dropped, a text file refused; measured p50 ${p50} ms; camera: ${live}`);
}

function same(found, expected, what) {
  if (found !== expected) throw new Error(`the page shows another answer for ${what}. Received: ${found}, expected: ${expected}`);
}

/** Wait until the page has opened its first model file. */
async function opened(page) {
  await page.waitForFunction(() => {
    const status = document.getElementById('status');
    return status.classList.contains('error') || /opened in/.test(status.textContent);
  });
  if (await page.$('#status.error')) throw new Error(`the page cannot open the bundle: ${await page.textContent('#status')}`);
}

main(process.argv[2]).catch((error) => {
  console.error(`error: ${error.message}`);
  process.exit(1);
});
