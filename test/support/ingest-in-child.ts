import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { type IngestOutcome, ingest } from '../../lambdas/ingest/ingest.ts';
import type { IngestPorts } from '../../lambdas/ingest/ports.ts';
import { MalformedEvent } from '../../shared/events/malformed-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { ingestPorts } from './ingest-ports.ts';
import { MemoryStore } from './memory-store.ts';
import { RecordingResults } from './recording-results.ts';

/** A request to this process, see script-process.ts: the bytes of an image, or an event. */
export type IngestRequest = { readonly image: Uint8Array } | { readonly event: unknown };

/** The outcome of one message, in a form that can be sent to another process. */
export interface MessageResult {
  readonly receipt: string;
  readonly failure?: string;
  readonly outcomes: readonly string[];
}

export type ImageResult = {
  readonly messages: readonly MessageResult[];
  readonly rows: readonly { status: string; reason?: string | null; detail?: string | null }[];
};
export type EventResult = {
  readonly messages: readonly MessageResult[];
  readonly response: unknown;
  readonly rejected?: string;
};

function ports(): IngestPorts & { objects: MemoryStore; results: RecordingResults } {
  const objects = new MemoryStore();
  return { ...ingestPorts(objects, { size: 32, maxBytes: 2 ** 20 }), objects, results: new RecordingResults() };
}

async function ingestImage(bytes: Uint8Array): Promise<ImageResult> {
  const { objects, results, ...others } = ports();
  await objects.write({ bucket: 'drop', key: 'image' }, bytes);
  const body = [{ kind: 'created' as const, bucket: 'drop', key: 'image', eventTime: new Date(), job: 'test' }];
  const outcomes = await ingest([{ receipt: '1', attempt: 1, body }], { ...others, objects, results });
  const rows = results.rows.map((row) =>
    row.status === 'rejected' ? { status: row.status, reason: row.reason, detail: row.detail } : { status: row.status },
  );
  return { messages: outcomes.map(resultOf), rows };
}

async function ingestEvent(event: unknown): Promise<EventResult> {
  const messages: MessageResult[] = [];
  const handle = ingestHandler(ports(), (outcomes) => messages.push(...outcomes.map(resultOf)));
  try {
    return { messages, response: await handle(event) };
  } catch (error) {
    if (!(error instanceof MalformedEvent)) throw error;
    return { messages, response: undefined, rejected: error.message };
  }
}

function resultOf({ receipt, failure, events }: IngestOutcome): MessageResult {
  const outcomes = events.map(({ outcome }) => (outcome instanceof Failure ? outcome.reason : outcome));
  return { receipt, outcomes, ...(failure && { failure: failure.reason }) };
}

process.on('message', async (request: IngestRequest) => {
  process.send?.('image' in request ? await ingestImage(request.image) : await ingestEvent(request.event));
});
process.send?.('ready');
