import { setTimeout as sleep } from 'node:timers/promises';
import { ingest } from '../../../lambdas/ingest/ingest.ts';
import type { IngestPorts } from '../../../lambdas/ingest/ports.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import type { Queue } from '../../../shared/stores/ports.ts';

/** Pollers that take messages at the same time, so that one decodes while another waits to send. */
const pollers = 2;
const retrySeconds = 1;

/** Does on one machine what Lambda's poller does on AWS: hands messages to `ingest` and deletes those that are done. */
export async function ingestUploads(parts: {
  readonly uploads: Queue<readonly UploadEvent[]>;
  readonly ports: IngestPorts;
  /** Settles when nothing more will be sent to `uploads`. */
  readonly fed: Promise<void>;
  readonly stop: AbortSignal;
}): Promise<void> {
  const fed = new AbortController();
  parts.fed.finally(() => fed.abort()).catch(() => {}); // its owner sees the error
  for (;;) {
    await Promise.all(Array.from({ length: pollers }, () => poll(parts, fed.signal)));
    const { visible, inFlight } = await parts.uploads.depth();
    if (parts.stop.aborted || visible + inFlight === 0) return;
    // What failed is hidden for a while before it is tried again.
    await sleep(250);
  }
}

/** Takes messages until stopped, or until nothing more will come and none is to be had. */
async function poll({ uploads, ports, stop }: Parameters<typeof ingestUploads>[0], fed: AbortSignal): Promise<void> {
  const wake = AbortSignal.any([stop, fed]);
  while (!stop.aborted) {
    const last = fed.aborted;
    const deliveries = last
      ? await uploads.receive({ max: 10, waitSeconds: 0 })
      : await uploads.receive({ max: 10, waitSeconds: 20, signal: wake });
    if (last && deliveries.length === 0) return;
    const outcomes = await ingest(deliveries, ports);
    await uploads.acknowledge(outcomes.filter(({ failure }) => !failure).map(({ receipt }) => receipt));
    await uploads.setVisibility(
      outcomes.filter(({ failure }) => failure).map(({ receipt }) => receipt),
      retrySeconds,
    );
  }
}
