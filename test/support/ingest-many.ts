import { readdir } from 'node:fs/promises';
import { ingest } from '../../lambdas/ingest/ingest.ts';
import { ingestLoad } from '../../lambdas/ingest/load.ts';
import { type IngestPorts, untraced } from '../../lambdas/ingest/ports.ts';
import { defaultDecodeLimits } from '../../shared/decode/identify.ts';
import { FolderStore } from '../../shared/local/folder-store.ts';
import { preprocessDigest } from '../../shared/model-manifest.ts';
import { tinyPreprocess } from './tiny-model.ts';

// Ingests the files of a folder over and over, as a function that stays warm does, and prints its resident memory, bytes,
// after every thousand images.
const [bucket = '', total = '5000'] = process.argv.slice(2);
const files = await readdir(bucket);
const rule = tinyPreprocess(224);
const limits = { ...defaultDecodeLimits, maxBytes: 2 ** 26 };
const ports: IngestPorts = {
  objects: new FolderStore(),
  crops: { send: async () => [] },
  results: { append: async () => {} },
  model: { id: 'tiny@0', preprocess: preprocessDigest(rule), rule },
  own: [],
  asked: '',
  limits,
  load: ingestLoad(2, limits),
  maxAttempts: 3,
  now: () => new Date(),
  trace: untraced,
};

for (let done = 0; done < Number(total); ) {
  const deliveries = Array.from({ length: 10 }, (_, index) => {
    const key = files[(done + index) % files.length] ?? '';
    const event = { kind: 'created' as const, bucket, key, eventTime: new Date(), job: 'many' };
    return { receipt: String(index), attempt: 1, body: [event] };
  });
  await ingest(deliveries, ports);
  done += deliveries.length;
  if (done % 1000 === 0) console.log(JSON.stringify({ images: done, resident: process.memoryUsage.rss() }));
}
