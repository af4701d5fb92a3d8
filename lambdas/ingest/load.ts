import { Semaphore } from 'async-mutex';
import { type MemoryBudgets, memoryBudgets } from './memory.ts';
import type { IngestLoad } from './ports.ts';

/** Objects that are fetched while one is decoded: S3 takes some 30 ms to answer, decoding takes less than 10. */
const fetchedPerCore = 4;

/** Images in decoding: with one a core, cores wait for this thread to hand over the next; with two they do not. */
const decodedPerCore = 2;

/**
 * As much as keeps these cores busy and no more. Files are held, and pictures decoded, within a budget of bytes each: many
 * small ones or one of the largest, since a function that runs out of memory loses its whole batch without a word.
 */
export function ingestLoad(
  cores: number,
  { maxBytes }: { maxBytes: number },
  budgets: MemoryBudgets = memoryBudgets(),
): IngestLoad {
  const decoding = new Semaphore(cores * decodedPerCore);
  const files = byteBudget(Math.min(maxBytes, budgets.files));
  const decoded = byteBudget(budgets.decoded);
  return {
    images: cores * fetchedPerCore,
    decode: (work) => decoding.runExclusive(work),
    hold: files,
    memory: {
      bytes: budgets.decoded,
      hold: decoded,
      alone: (work) => decoded(budgets.decoded, work),
    },
  };
}

/** Parts of a budget that are counted: the semaphore goes through all of those that are free at every turn. */
const mostUnits = 1024;

/** Waits for bytes of a budget, in the order of asking; what needs more than there are waits for all. */
function byteBudget(bytes: number): <T>(own: number, work: () => Promise<T>) => Promise<T> {
  const unit = Math.max(1, Math.ceil(bytes / mostUnits));
  const units = Math.max(1, Math.floor(bytes / unit));
  const semaphore = new Semaphore(units);
  return (own, work) => semaphore.runExclusive(work, Math.min(Math.max(Math.ceil(own / unit), 1), units));
}
