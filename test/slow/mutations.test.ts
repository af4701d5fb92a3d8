import { readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSqsEvent } from '../../shared/events/sqs-event.ts';
import { repository } from '../support/cli.ts';
import { InChild } from '../support/in-child.ts';
import type { EventReport, ImageReport, IngestRequest } from '../support/ingest-in-child.ts';
import { mutated, restructured } from '../support/mutations.ts';
import { picture } from '../support/photos.ts';
import { sqsEvent } from '../support/sqs-event.ts';

const runs = Number(process.env['MUTATIONS'] ?? 10_000);
const seed = Number(process.env['SEED'] ?? 20_140_917);
/** Milliseconds that a person would call hanging. */
const slowest = 5_000;
const child = new InChild(join(repository, 'test/support/ingest-in-child.ts'), { slowest });
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

afterAll(() => child.end());

/** What the process says of a case; one that it has no answer to is kept. */
async function ask<Told extends ImageReport | EventReport>(asked: IngestRequest): Promise<Told> {
  try {
    return (await child.ask(asked)) as Told;
  } catch (cause) {
    const path = join(tmpdir(), `mutation-without-answer-${seed}.${'image' in asked ? 'bin' : 'json'}`);
    await writeFile(path, 'image' in asked ? asked.image : JSON.stringify(asked.event));
    throw new Error(`${cause}; the case is in ${path}`, { cause });
  }
}

describe(`${runs} random mutations`, () => {
  it('of image files each end as crops that are sent or as a row with the reason', async () => {
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(mutated(images), async (image) => {
        const end = endOf(await ask<ImageReport>({ image }));
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
        const { messages, answer, refused } = await ask<EventReport>({ event });
        const end = refused === undefined ? 'answered' : 'refused';
        ends.set(end, (ends.get(end) ?? 0) + 1);
        if (refused !== undefined) {
          expect(refused).toMatch(/^expected [^\n]+$/);
          return;
        }
        expect(answer).toHaveProperty('batchItemFailures');
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
    for (const end of ['refused', 'answered']) expect(ends.get(end)).toBeGreaterThan(runs / 1000);
  });
});

it('a process that never answers is ended, and another one answers the next question', async () => {
  const hanging = new InChild(join(repository, 'test/support/never-answers.ts'), { slowest: 300 });
  await expect(hanging.ask('hang')).rejects.toThrow('expected an answer in 300 ms');
  expect(await hanging.ask('answer')).toBe('answer');
  hanging.end();
});

function endOf({ messages, rows }: ImageReport): string {
  expect(messages).toHaveLength(1);
  const { failure, outcomes } = messages[0] ?? { outcomes: [] };
  expect(failure).toBeUndefined();
  expect(outcomes).toHaveLength(1);
  const [end = ''] = outcomes;
  if (end === 'sent') expect(rows).toEqual([]);
  else expect(rows).toMatchObject([{ status: 'rejected', reason: end, detail: expect.stringMatching(/^[^\n]+$/) }]);
  return end;
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
    restructured(bodies.map((body) => JSON.parse(body))).map((event) => sqsEvent(event)),
    mutated(bodies.map((body) => Buffer.from(body))).map((bytes) => sqsEvent(Buffer.from(bytes).toString())),
  );
}
