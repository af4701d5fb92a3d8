import { readdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import pMap from 'p-map';
import sharp from 'sharp';
import { countOf } from '../../cli/terminal/count-of.ts';
import { ingest } from '../../lambdas/ingest/ingest.ts';
import { type IngestPorts, untraced } from '../../lambdas/ingest/ports.ts';
import { findPreset } from '../../model/import/presets.ts';
import { openCropper } from '../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits, defaultMaxBytes } from '../../shared/images/decode/identify.ts';
import { preprocessDigest } from '../../shared/models/model-manifest.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { compareRates, medianRatio } from '../compare-rates.ts';
import { fixtures } from '../fixtures.ts';
import { describeMachine } from '../machine.ts';
import { bareSharp } from '../pipeline/baselines.ts';

// Overhead of ingest: the whole use case from event to sent crop, against loops over sharp alone, with the same settings and
// with sharp's defaults.
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    threads: { type: 'string', default: String(availableParallelism()) },
    // Messages per invocation of the function.
    batch: { type: 'string', default: '100' },
  },
});
const threads = Number(values.threads);
const rounds = Number(values.rounds);
const batchSize = Number(values.batch);
const folder = resolve(fixtures.photos);
const files = (await readdir(folder)).toSorted();
const { preprocess: rule } = findPreset('bvlc');
const limits = { ...defaultDecodeLimits, maxBytes: defaultMaxBytes };

console.log(describeMachine(['sharp']));
console.log(
  `${files.length} photos, ${countOf(threads, 'thread')}, ${rounds} rounds, messages in batches of ${batchSize}\n`,
);
const [ingested, bare, sequential, parallel] = await compareRates(
  [
    { name: 'ingest', work: ingestAll },
    { name: 'bare sharp', work: () => bareSharp(folder, files, threads) },
    { name: 'one after another', work: () => withDefaults(() => loop(1)) },
    { name: 'all at once, defaults', work: () => withDefaults(() => loop(files.length)) },
  ],
  { images: files.length, rounds },
);
console.log(`\ningest ÷ bare sharp = ${medianRatio(ingested, bare).toFixed(2)}`);
console.log(`ingest ÷ one after another = ${medianRatio(ingested, sequential).toFixed(2)}`);
console.log(`ingest ÷ all at once with sharp's defaults = ${medianRatio(ingested, parallel).toFixed(2)}`);
console.log('Ratios are medians over rounds. All contenders read the files; crops are not sent.');

async function ingestAll(): Promise<void> {
  let sent = 0;
  const pool = decodePool(threads, limits);
  const cropper = openCropper({ rule, limits, pool });
  const ports: IngestPorts = {
    objects: new FolderStore(),
    crops: {
      send: async (crops) => {
        sent += crops.length;
        return [];
      },
    },
    results: { append: async () => {} },
    model: { id: 'bench', preprocess: preprocessDigest(rule), rule },
    outputs: [],
    requestedPrefix: '',
    limits,
    pool,
    cropper,
    maxAttempts: 3,
    now: () => new Date(),
    trace: untraced,
  };
  const uploads = files.map((key) => ({
    kind: 'created' as const,
    bucket: folder,
    key,
    eventTime: new Date(),
    job: 'b',
    size: 1,
  }));
  const deliveries = uploads.map((event, index) => ({ receipt: String(index), attempt: 1, body: [event] }));
  const batches = Array.from({ length: Math.ceil(deliveries.length / batchSize) }, (_, batch) =>
    deliveries.slice(batch * batchSize, (batch + 1) * batchSize),
  );
  await pMap(batches, (batch) => ingest(batch, ports), { concurrency: 2 });
  await cropper.close();
  if (sent !== files.length) throw new Error(`sent the crops of ${sent} photos`);
}

async function loop(concurrency: number): Promise<void> {
  await pMap(
    files,
    async (file) =>
      sharp(await readFile(join(folder, file)))
        .resize(256, 256, { fit: 'fill' })
        .extract({ left: 16, top: 16, width: 224, height: 224 })
        .removeAlpha()
        .raw()
        .toBuffer(),
    { concurrency },
  );
}

/** Uses sharp's default settings: one thread per core for each image, and a cache. */
async function withDefaults(work: () => Promise<void>): Promise<void> {
  sharp.concurrency(availableParallelism());
  sharp.cache(true);
  await work();
  sharp.concurrency(1);
  sharp.cache(false);
}
