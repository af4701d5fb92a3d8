import { Semaphore } from 'async-mutex';
import type { IngestLoad } from './ports.ts';

/** Objects that are fetched while one is decoded: S3 takes some 30 ms to answer, decoding takes less than 10. */
const fetchedPerCore = 4;

/**
 * As much as keeps these cores busy and no more. Files are held within a budget of `maxBytes` in all: many small ones or
 * one of the largest, since a function that runs out of memory loses its whole batch without a word.
 */
export function ingestLoad(cores: number, { maxBytes }: { maxBytes: number }): IngestLoad {
  return { images: cores * fetchedPerCore, decoding: new Semaphore(cores), holding: new Semaphore(maxBytes) };
}
