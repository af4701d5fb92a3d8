import { setTimeout as sleep } from 'node:timers/promises';
import { ingest } from '../../../lambdas/ingest/ingest.ts';
import type { IngestPorts } from '../../../lambdas/ingest/ports.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import type { Queue } from '../../../shared/stores/ports.ts';

/** Number of pollers: one decodes while another waits to send. */
const pollers = 2;
const retrySeconds = 1;

/** Does on one machine what Lambda's poller does on AWS: hands messages to `ingest` and deletes those that succeed. */
export async function ingestUploads(input: {
  readonly uploads: Queue<readonly UploadEvent[]>;
  readonly ports: IngestPorts;
  /** Settles when nothing more will be sent to `uploads`. */
  readonly fed: Promise<void>;
  readonly stop: AbortSignal;
}): Promise<void> {
  const fed = new AbortController();
  input.fed.finally(() => fed.abort()).catch(() => {}); // the caller handles the error
  for (;;) {
    await Promise.all(Array.from({ length: pollers }, () => poll(input, fed.signal)));
    const { visible, inFlight } = await input.uploads.depth();
    if (input.stop.aborted || visible + inFlight === 0) return;
    // Failed messages are hidden for a while before they are delivered again.
    await sleep(250);
  }
}

/** Takes messages until it is stopped, or until the queue is empty and nothing more will be sent. */
async function poll({ uploads, ports, stop }: Parameters<typeof ingestUploads>[0], fed: AbortSignal): Promise<void> {
  const wake = AbortSignal.any([stop, fed]);
  while (!stop.aborted) {
    const last = fed.aborted;
    const deliveries = last
      ? await uploads.receive({ max: 10, waitSeconds: 0 })
      : await uploads.receive({ max: 10, waitSeconds: 20, signal: wake });
    if (last && deliveries.length === 0) return;
    const outcomes = await ingest(deliveries, ports);
    const [failed, succeeded] = [outcomes.filter(({ failure }) => failure), outcomes.filter(({ failure }) => !failure)];
    await uploads.acknowledge(succeeded.map(({ receipt }) => receipt));
    await uploads.setVisibility(
      failed.map(({ receipt }) => receipt),
      retrySeconds,
    );
  }
}
