// Serves this folder, and one bundle under /bundle/, on this machine alone. Node's standard library is all that it needs.
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = import.meta.dirname;
const MANIFEST_SCHEMA = 2;

// Browsers compile a .wasm as it arrives, and run a .mjs at all, only if its type is right.
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** Serve the bundle in `folder`; port 0 is any free one. Resolves with the page's address and a function that ends it. */
export async function serve(folder, port) {
  await refuseWhatIsNoBundle(folder);
  const server = createServer((request, response) => answer(folder, request, response));
  await new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`port ${port} is taken; hint: PORT=${port + 1} npm start -- ${folder}`) : error),
    );
    server.listen(port, '127.0.0.1', resolve);
  });
  return { url: `http://localhost:${server.address().port}/`, close: () => server.close() };
}

async function refuseWhatIsNoBundle(folder) {
  let text;
  try {
    text = await readFile(path.join(folder, 'manifest.json'), 'utf8');
  } catch {
    throw new Error(`this is no bundle: it has no manifest.json. Received: ${folder}`);
  }
  let schema;
  try {
    schema = JSON.parse(text).schema;
  } catch {
    throw new Error(`manifest.json of the bundle is no JSON. Received: ${folder}`);
  }
  if (schema !== MANIFEST_SCHEMA) {
    throw new Error(`this page reads manifests of schema ${MANIFEST_SCHEMA}. Received: ${schema} in ${folder}`);
  }
}

async function answer(bundle, request, response) {
  const file = fileFor(bundle, request.url);
  const found = file && (await stat(file).catch(() => null));
  if (!found?.isFile()) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    'Cache-Control': 'no-cache',
    'Content-Length': found.size,
    'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream',
  });
  createReadStream(file).on('error', () => response.destroy()).pipe(response);
}

/** The file that an address names, or null where that lies outside of what is served. */
function fileFor(bundle, address) {
  let name;
  try {
    name = decodeURIComponent(new URL(address, 'http://localhost').pathname);
  } catch {
    return null;
  }
  if (name === '/') return path.join(HERE, 'index.html');
  const [root, rest] = name.startsWith('/bundle/') ? [bundle, name.slice('/bundle/'.length)] : [HERE, name.slice(1)];
  const file = path.resolve(root, rest);
  return file.startsWith(path.resolve(root) + path.sep) && !file.includes('\0') ? file : null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [named] = process.argv.slice(2);
  const port = Number(process.env.PORT ?? 8080);
  try {
    if (!named) throw new Error('no bundle is named; hint: npm start -- path/to/exported/mobilenet');
    // npm runs scripts in the package's folder; a path is meant from where the user stands.
    const { url } = await serve(path.resolve(process.env.INIT_CWD ?? '.', named), port);
    console.log(`${url} shows ${named}; Ctrl-C ends it`);
  } catch (error) {
    console.error(`error: ${error.message}`);
    process.exit(1);
  }
}
