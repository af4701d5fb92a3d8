import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { type IngestOutcome, ingest } from '../../lambdas/ingest/ingest.ts';
import type { IngestPorts } from '../../lambdas/ingest/ports.ts';
import { MalformedEvent } from '../../shared/events/malformed-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { ingestPorts } from './ingest-ports.ts';
import { MemoryStore } from './memory-store.ts';
import { RecordingResults } from './recording-results.ts';

/** A request to this process, see in-child.ts: the bytes of an image, or an event. */
export type IngestRequest = { readonly image: Uint8Array } | { readonly event: unknown };

/** The outcome of one message, as plain data for another process. */
export interface MessageReport {
  readonly receipt: string;
  readonly failure?: string;
  readonly outcomes: readonly string[];
}

export type ImageReport = {
  readonly messages: readonly MessageReport[];
  readonly rows: readonly { status: string; reason?: string | null; detail?: string | null }[];
};
export type EventReport = {
  readonly messages: readonly MessageReport[];
  readonly answer: unknown;
  readonly refused?: string;
};

function ports(): IngestPorts & { objects: MemoryStore; results: RecordingResults } {
  const objects = new MemoryStore();
  return { ...ingestPorts(objects, { size: 32, maxBytes: 2 ** 20 }), objects, results: new RecordingResults() };
}

async function ingestImage(bytes: Uint8Array): Promise<ImageReport> {
  const opened = ports();
  await opened.objects.write({ bucket: 'drop', key: 'image' }, bytes);
  const body = [{ kind: 'created' as const, bucket: 'drop', key: 'image', eventTime: new Date(), job: 'test' }];
  const outcomes = await ingest([{ receipt: '1', attempt: 1, body }], opened);
  const rows = opened.results.rows.map((row) =>
    row.status === 'rejected' ? { status: row.status, reason: row.reason, detail: row.detail } : { status: row.status },
  );
  return { messages: outcomes.map(reportOf), rows };
}

async function ingestEvent(event: unknown): Promise<EventReport> {
  const messages: MessageReport[] = [];
  const handle = ingestHandler(ports(), (outcomes) => messages.push(...outcomes.map(reportOf)));
  try {
    return { messages, answer: await handle(event) };
  } catch (error) {
    if (!(error instanceof MalformedEvent)) throw error;
    return { messages, answer: undefined, refused: error.message };
  }
}

function reportOf({ receipt, failure, events }: IngestOutcome): MessageReport {
  const outcomes = events.map(({ outcome }) => (outcome instanceof Failure ? outcome.reason : outcome));
  return { receipt, outcomes, ...(failure && { failure: failure.reason }) };
}

process.on('message', async (request: IngestRequest) => {
  process.send?.('image' in request ? await ingestImage(request.image) : await ingestEvent(request.event));
});
process.send?.('ready');
