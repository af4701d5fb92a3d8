import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { loadavg } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { fixtures, temporaryFolder } from '../fixtures.ts';
import { describeMachine, median } from '../machine.ts';

// Time from the call of `classify` on one photo to its label, as a process from start to end: with an empty cache, when the model is
// downloaded from a server on this machine, imported and optimized, and with the model in the cache.
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } });
const execute = promisify(execFile);
const repository = join(import.meta.dirname, '../..');
await using temporary = await temporaryFolder();
const cache = join(temporary.path, 'cache');
const catalog = join(temporary.path, 'catalog.json');
const paths = [fixtures.googlenet, fixtures.labels];
const files = new Map<string, Buffer>(
  await Promise.all(paths.map(async (path) => [`/${basename(path)}`, await readFile(path)] as const)),
);
const [photo = ''] = (await readdir(fixtures.photos)).toSorted();

let requests = 0;
const server = createServer(({ url = '' }, response) => {
  requests += 1;
  const bytes = files.get(url);
  if (bytes === undefined) response.writeHead(404).end();
  else response.setHeader('content-length', bytes.length).end(bytes);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = server.address();
if (typeof address !== 'object' || address === null) throw new Error('the server has no port');
const host = `http://127.0.0.1:${address.port}`;
const [network, labels] = [...files].map(([path, bytes]) => ({
  ...{ file: path.slice(1), bytes: bytes.length, urls: [`${host}${path}`] },
  sha256: createHash('sha256').update(bytes).digest('hex'),
}));
const googlenet = { kind: 'import', preset: 'bvlc', network, labels };
await writeFile(catalog, JSON.stringify({ formatVersion: 1, models: { googlenet } }));

/** Seconds of one call. */
async function classify(): Promise<number> {
  const started = performance.now();
  const { stdout } = await execute(
    process.execPath,
    ['cli/inception-batch.js', 'classify', join(fixtures.photos, photo), '--json'],
    {
      cwd: repository,
      env: { ...process.env, INCEPTION_CATALOG: catalog, INCEPTION_MODEL: '', XDG_CACHE_HOME: cache },
    },
  );
  const seconds = (performance.now() - started) / 1000;
  if (!stdout.includes('"label"')) throw new Error(`no label: ${stdout}`);
  return seconds;
}

console.log(describeMachine(['onnxruntime-node', 'sharp']));
console.log(`\none photo with googlenet, ${values.rounds} rounds in turns, median (fastest–slowest):`);
const [cold, warm]: [number[], number[]] = [[], []];
for (let round = 0; round < Number(values.rounds); round += 1) {
  await rm(cache, { recursive: true, force: true });
  cold.push(await classify());
  const downloaded = requests;
  warm.push(await classify());
  if (requests !== downloaded) throw new Error('the model in the cache was downloaded again');
}
for (const [name, times] of [
  ['empty cache', cold],
  ['model in the cache', warm],
] as const) {
  const range = `${Math.min(...times).toFixed(2)}–${Math.max(...times).toFixed(2)}`;
  console.log(`${name.padEnd(20)} ${median(times).toFixed(2)} s  (${range})`);
}
console.log(`\nload average (1 min) at the end: ${loadavg()[0]?.toFixed(1)}. The download is from this machine.`);
server.close();
