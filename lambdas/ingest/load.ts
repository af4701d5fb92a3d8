import { Semaphore } from 'async-mutex';
import type { IngestLoad } from './ports.ts';

/** Objects that are fetched while one is decoded: S3 takes some 30 ms to answer, decoding takes less than 10. */
const fetchedPerCore = 4;

/** Images in decoding: with one a core, cores wait for this thread to hand over the next; with two they do not. */
const decodedPerCore = 2;

/** Bytes of one unit of the budget: in single bytes the semaphore would count to millions at every turn. */
const unit = 2 ** 16;

/**
 * As much as keeps these cores busy and no more. Files are held within a budget of `maxBytes` in all: many small ones or
 * one of the largest, since a function that runs out of memory loses its whole batch without a word.
 */
export function ingestLoad(cores: number, { maxBytes }: { maxBytes: number }): IngestLoad {
  const budget = Math.max(1, Math.floor(maxBytes / unit));
  const [decoding, holding] = [new Semaphore(cores * decodedPerCore), new Semaphore(budget)];
  return {
    images: cores * fetchedPerCore,
    decode: (work) => decoding.runExclusive(work),
    hold: (bytes, work) => holding.runExclusive(work, Math.min(Math.max(Math.ceil(bytes / unit), 1), budget)),
  };
}
