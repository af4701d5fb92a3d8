import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parseSqsEvent } from '../../shared/events/sqs-event.ts';
import { repository } from '../support/cli.ts';
import type { EventResult, ImageResult, IngestRequest } from '../support/ingest-in-child.ts';
import { mutated, restructured } from '../support/mutations.ts';
import { picture } from '../support/photos.ts';
import { ScriptProcess } from '../support/script-process.ts';
import { sqsEvent } from '../support/sqs-event.ts';

const runs = Number(process.env['MUTATIONS'] ?? 10_000);
const seed = Number(process.env['SEED'] ?? 20_140_917);
const child = new ScriptProcess(join(repository, 'test/support/ingest-in-child.ts'), { timeoutMs: 5_000 });

const source = () => picture(5, { width: 96, height: 64 });
const images = await Promise.all([
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
const events = await Promise.all(files.map((name) => readFile(join(folder, name))));

afterAll(() => child.end());

/** Ingests one case in the child process; a case without a response is saved to a file. */
async function ingestInChild<Result extends ImageResult | EventResult>(request: IngestRequest): Promise<Result> {
  try {
    return (await child.request(request)) as Result;
  } catch (cause) {
    const path = join(tmpdir(), `mutation-without-response-${seed}.${'image' in request ? 'bin' : 'json'}`);
    await writeFile(path, 'image' in request ? request.image : JSON.stringify(request.event));
    throw new Error(`${cause}; the case is in ${path}`, { cause });
  }
}

describe(`${runs} random mutations`, () => {
  it('of image files each end as sent crops or as a row with the reason', async () => {
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(mutated(images), async (image) => {
        const end = endOf(await ingestInChild<ImageResult>({ image }));
        ends.set(end, (ends.get(end) ?? 0) + 1);
      }),
      { numRuns: runs, seed },
    );
    console.table(Object.fromEntries([...ends].toSorted(([, one], [, other]) => other - one)));
    // The test is only useful if mutations have several outcomes.
    for (const end of ['sent', 'corrupt', 'truncated', 'not_an_image'])
      expect(ends.get(end)).toBeGreaterThan(runs / 1000);
  });

  it('of events each end as an outcome for every message, or as one clear error', async () => {
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(lambdaEvents(events), async (event) => {
        const { messages, response, rejected } = await ingestInChild<EventResult>({ event });
        const end = rejected === undefined ? 'handled' : 'rejected';
        ends.set(end, (ends.get(end) ?? 0) + 1);
        if (rejected !== undefined) {
          expect(rejected).toMatch(/^expected [^\n]+$/);
          return;
        }
        expect(response).toHaveProperty('batchItemFailures');
        const ids = parseSqsEvent(event).map(({ messageId }) => messageId);
        expect(messages.map(({ receipt }) => receipt)).toEqual(ids);
        for (const { outcomes, failure } of messages) {
          expect(failure ?? 'invalid_event').toBe('invalid_event');
          expect(outcomes).not.toContain('internal');
        }
      }),
      { numRuns: runs, seed },
    );
    console.table(Object.fromEntries(ends));
    for (const end of ['rejected', 'handled']) expect(ends.get(end)).toBeGreaterThan(runs / 1000);
  });
});

it('a process that hangs is killed, and another one handles the next request', async () => {
  const hanging = new ScriptProcess(join(repository, 'test/support/never-answers.ts'), { timeoutMs: 300 });
  await expect(hanging.request('hang')).rejects.toThrow('no response in 300 ms');
  expect(await hanging.request('answer')).toBe('answer');
  hanging.end();
});

function endOf({ messages, rows }: ImageResult): string {
  expect(messages).toHaveLength(1);
  const { failure, outcomes } = messages[0] ?? { outcomes: [] };
  expect(failure).toBeUndefined();
  expect(outcomes).toHaveLength(1);
  const [end = ''] = outcomes;
  if (end === 'sent') expect(rows).toEqual([]);
  else expect(rows).toMatchObject([{ status: 'rejected', reason: end, detail: expect.stringMatching(/^[^\n]+$/) }]);
  return end;
}

/** Events of Lambda: a mutated batch, or a batch whose message is a mutated event or invalid JSON. */
function lambdaEvents(files: readonly Uint8Array[]): fc.Arbitrary<unknown> {
  const texts = files.map((bytes) => Buffer.from(bytes).toString());
  // Some samples are Lambda batches, others are S3 events.
  const batches = texts.filter((text) => text.includes('"aws:sqs"')).map((text): unknown => JSON.parse(text));
  const bare = texts.filter((text) => !text.includes('"aws:sqs"'));
  const bodies = [...batches.flatMap((batch) => parseSqsEvent(batch).map(({ body }) => body)), ...bare];
  return fc.oneof(
    restructured(batches),
    restructured(bodies.map((body) => JSON.parse(body))).map((event) => sqsEvent(event)),
    mutated(bodies.map((body) => Buffer.from(body))).map((bytes) => sqsEvent(Buffer.from(bytes).toString())),
  );
}
