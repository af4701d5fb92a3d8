import { readdir } from 'node:fs/promises';
import { ingest } from '../../lambdas/ingest/ingest.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { ingestPorts } from './ingest-ports.ts';

// Ingests the files of a folder repeatedly, like a warm function, and prints the resident memory in bytes after every
// thousand images.
const [bucket = '', total = '5000'] = process.argv.slice(2);
const files = await readdir(bucket);
const ports = ingestPorts(new FolderStore(), { size: 224, maxBytes: 2 ** 26 });

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
