import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { type IngestOutcome, ingest } from '../../lambdas/ingest/ingest.ts';
import type { IngestPorts } from '../../lambdas/ingest/ports.ts';
import { MalformedEvent } from '../../shared/events/malformed-event.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { ingestPorts } from './ingest-ports.ts';
import { MemoryStore } from './memory-store.ts';
import { RecordingResults } from './recording-results.ts';

/** What is asked of this process, see in-child.ts: bytes of an image, or an event. */
export type Asked = { readonly image: Uint8Array } | { readonly event: unknown };

/** What became of one message, as far as it can be told to another process. */
export interface ToldMessage {
  readonly receipt: string;
  readonly failure?: string;
  readonly outcomes: readonly string[];
}

export type ToldImage = {
  readonly messages: readonly ToldMessage[];
  readonly rows: readonly { status: string; reason?: string | null; detail?: string | null }[];
};
export type ToldEvent = {
  readonly messages: readonly ToldMessage[];
  readonly answer: unknown;
  readonly refused?: string;
};

function ports(): IngestPorts & { objects: MemoryStore; results: RecordingResults } {
  const objects = new MemoryStore();
  return { ...ingestPorts(objects, { size: 32, maxBytes: 2 ** 20 }), objects, results: new RecordingResults() };
}

async function ingestImage(bytes: Uint8Array): Promise<ToldImage> {
  const own = ports();
  await own.objects.write({ bucket: 'drop', key: 'image' }, bytes);
  const body = [{ kind: 'created' as const, bucket: 'drop', key: 'image', eventTime: new Date(), job: 'test' }];
  const outcomes = await ingest([{ receipt: '1', attempt: 1, body }], own);
  const rows = own.results.rows.map((row) =>
    row.status === 'rejected' ? { status: row.status, reason: row.reason, detail: row.detail } : { status: row.status },
  );
  return { messages: outcomes.map(told), rows };
}

async function ingestEvent(event: unknown): Promise<ToldEvent> {
  const messages: ToldMessage[] = [];
  const handle = ingestHandler(ports(), (outcomes) => messages.push(...outcomes.map(told)));
  try {
    return { messages, answer: await handle(event) };
  } catch (error) {
    if (!(error instanceof MalformedEvent)) throw error;
    return { messages, answer: undefined, refused: error.message };
  }
}

function told({ receipt, failure, events }: IngestOutcome): ToldMessage {
  const outcomes = events.map(({ outcome }) => (outcome instanceof Failure ? outcome.reason : outcome));
  return { receipt, outcomes, ...(failure && { failure: failure.reason }) };
}

process.on('message', async (asked: Asked) => {
  process.send?.('image' in asked ? await ingestImage(asked.image) : await ingestEvent(asked.event));
});
process.send?.('ready');
