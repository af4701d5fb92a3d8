import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { ingestHandler } from '../../lambdas/ingest/handler.ts';
import { type Ingested, ingest } from '../../lambdas/ingest/ingest.ts';
import { ingestLoad } from '../../lambdas/ingest/load.ts';
import { type IngestPorts, untraced } from '../../lambdas/ingest/ports.ts';
import { defaultDecodeLimits } from '../../shared/decode/identify.ts';
import { Failure } from '../../shared/failure.ts';
import { MalformedEvent } from '../../shared/malformed-event.ts';
import { preprocessDigest } from '../../shared/model-manifest.ts';
import { parseSqsEvent } from '../../shared/sqs-event.ts';
import { repository } from '../support/cli.ts';
import { MemoryStore } from '../support/memory-store.ts';
import { mutated, restructured } from '../support/mutations.ts';
import { picture } from '../support/photos.ts';
import { RecordingResults } from '../support/recording-results.ts';
import { tinyPreprocess } from '../support/tiny-model.ts';

const runs = Number(process.env['MUTATIONS'] ?? 10_000);
const seed = Number(process.env['SEED'] ?? 20_140_917);
const slowest = 5_000;
const rule = tinyPreprocess(32);
let images: Buffer[];
let events: Buffer[];

beforeAll(async () => {
  const source = () => picture(5, { width: 96, height: 64 });
  images = await Promise.all([
    source().jpeg().toBuffer(),
    source().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).withMetadata({ orientation: 6 }).toBuffer(),
    source().toColourspace('cmyk').jpeg().toBuffer(),
    source().png().toBuffer(),
    source().png({ palette: true, progressive: true }).toBuffer(),
    source().webp().toBuffer(),
    source().webp({ lossless: true }).toBuffer(),
    source().avif({ effort: 0 }).toBuffer(),
    source().tiff({ compression: 'lzw' }).toBuffer(),
    source().tiff({ compression: 'jpeg', tile: true }).toBuffer(),
    source().gif().toBuffer(),
  ]);
  const folder = join(repository, 'events');
  const files = (await readdir(folder)).filter((name) => name.startsWith('s3-'));
  events = await Promise.all(files.map((name) => readFile(join(folder, name))));
});

function ports(): IngestPorts & { objects: MemoryStore; results: RecordingResults } {
  const limits = { ...defaultDecodeLimits, maxBytes: 2 ** 20 };
  return {
    objects: new MemoryStore(),
    crops: { send: async () => [] },
    results: new RecordingResults(),
    model: { id: 'tiny@0', preprocess: preprocessDigest(rule), rule },
    own: [],
    limits,
    load: ingestLoad(2, limits),
    maxAttempts: 3,
    now: () => new Date(),
    trace: untraced,
  };
}

/** Waits for work, but not longer than a person would call it hanging. */
async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${slowest} ms`)), slowest);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

describe(`${runs} random mutations`, () => {
  it('of image files each end as crops that are sent or as a row with the reason', async () => {
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(mutated(images), async (bytes) => {
        const own = ports();
        await own.objects.write({ bucket: 'drop', key: 'image' }, bytes);
        const body = [{ kind: 'created' as const, bucket: 'drop', key: 'image', eventTime: new Date(), job: 'test' }];
        const [outcome] = await inTime(ingest([{ receipt: '1', attempt: 1, body }], own));
        const end = endOf(outcome, own.results);
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }),
      { numRuns: runs, seed },
    );
    console.table(Object.fromEntries([...ends].toSorted(([, one], [, other]) => other - one)));
    // Mutations that all fail alike, or none, would test little.
    for (const end of ['sent', 'corrupt', 'truncated', 'not_an_image'])
      expect(ends.get(end)).toBeGreaterThan(runs / 1000);
  });

  it('of events each end as an answer for every message, or as one error that says what was expected', async () => {
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(handedOver(events), async (event) => {
        const own = ports();
        let told: readonly Ingested[] = [];
        const handle = ingestHandler(own, (outcomes) => {
          told = outcomes;
        });
        const answer = await inTime(handle(event)).catch((error: unknown) => error);
        const end = answer instanceof MalformedEvent ? 'refused' : 'answered';
        ends.set(end, (ends.get(end) ?? 0) + 1);
        if (answer instanceof MalformedEvent) {
          expect(answer.message).toMatch(/^expected [^\n]+$/);
          return;
        }
        expect(answer).toHaveProperty('batchItemFailures');
        const ids = parseSqsEvent(event).map(({ messageId }) => messageId);
        expect(told.map(({ receipt }) => receipt)).toEqual(ids);
        for (const { events: settled, failure } of told) {
          expect(failure?.reason ?? 'invalid_event').toBe('invalid_event');
          for (const { outcome } of settled) expect(reasonOf(outcome)).not.toBe('internal');
        }
      }),
      { numRuns: runs, seed },
    );
    console.table(Object.fromEntries(ends));
    for (const end of ['refused', 'answered']) expect(ends.get(end)).toBeGreaterThan(runs / 1000);
  });
});

function endOf(outcome: Ingested | undefined, results: RecordingResults): string {
  const [settled, ...others] = outcome?.events ?? [];
  expect(others).toEqual([]);
  expect(outcome?.failure).toBeUndefined();
  if (settled?.outcome === 'sent') {
    expect(results.rows).toEqual([]);
    return 'sent';
  }
  const reason = reasonOf(settled?.outcome);
  expect(results.rows).toMatchObject([{ status: 'rejected', reason, detail: expect.stringMatching(/^[^\n]+$/) }]);
  return reason;
}

function reasonOf(outcome: unknown): string {
  return outcome instanceof Failure ? outcome.reason : String(outcome);
}

function asMessage(body: string): unknown {
  const attributes = { ApproximateReceiveCount: '1' };
  const record = { messageId: 'm1', body, attributes, eventSource: 'aws:sqs', eventSourceARN: 'arn' };
  return { Records: [record] };
}

/** What Lambda may hand over: a changed batch, or a batch whose message is a changed event or no longer JSON at all. */
function handedOver(files: readonly Uint8Array[]): fc.Arbitrary<unknown> {
  const texts = files.map((bytes) => Buffer.from(bytes).toString());
  // Some samples are batches as Lambda hands them over, some what S3 itself sends.
  const batches = texts.filter((text) => text.includes('"aws:sqs"')).map((text): unknown => JSON.parse(text));
  const bare = texts.filter((text) => !text.includes('"aws:sqs"'));
  const bodies = [...batches.flatMap((batch) => parseSqsEvent(batch).map(({ body }) => body)), ...bare];
  return fc.oneof(
    restructured(batches),
    restructured(bodies.map((body) => JSON.parse(body))).map((event) => asMessage(JSON.stringify(event))),
    mutated(bodies.map((body) => Buffer.from(body))).map((bytes) => asMessage(Buffer.from(bytes).toString())),
  );
}
