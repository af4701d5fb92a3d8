import { Semaphore } from 'async-mutex';
import type { DecodeMemory } from './decode-memory.ts';
import { type MemoryBudgets, memoryBudgets } from './memory-budgets.ts';

/** Limits how many images a process reads and decodes at the same time, and how much memory they use together. */
export interface DecodePool {
  readonly cores: number;
  /** Waits for one of the turns, of which there are more than cores: some images are read while others are decoded. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Waits until the memory budget has room for a file of this many bytes. */
  holdFile<T>(bytes: number, work: () => Promise<T>): Promise<T>;
  /** Waits until the memory budget has room for the crops of an image, of this many bytes. */
  holdCrops<T>(bytes: number, work: () => Promise<T>): Promise<T>;
  /** Waits for a core to decode on. */
  decode<T>(work: () => Promise<T>): Promise<T>;
  /** Waits for a core for an image that is decoded in a process of its own. */
  isolate<T>(work: () => Promise<T>): Promise<T>;
  readonly memory: DecodeMemory;
}

/** S3 takes about 30 ms to answer, decoding less than 10 ms. */
export const readsPerCore = 4;

/** With one image per core, cores idle until this thread hands over the next one. */
const decodesPerCore = 2;

/**
 * Keeps the given cores busy within memory budgets for files, for decoding and for crops: a function that runs out of
 * memory loses its whole batch without an error message.
 * @param maxBytes of one file
 * @param concurrency images in progress at the same time
 */
export function decodePool(
  cores: number,
  { maxBytes, concurrency = cores * readsPerCore }: { maxBytes: number; concurrency?: number },
  budgets: MemoryBudgets = memoryBudgets(),
): DecodePool {
  const decoding = new Semaphore(cores * decodesPerCore);
  const turns = new Semaphore(concurrency);
  const isolated = new Semaphore(cores);
  const decoded = byteBudget(budgets.decoded);
  return {
    cores,
    inTurn: (work) => turns.runExclusive(work),
    holdFile: byteBudget(Math.min(maxBytes, budgets.files)),
    holdCrops: budgets.crops === undefined ? (_, work) => work() : byteBudget(budgets.crops),
    decode: (work) => decoding.runExclusive(work),
    isolate: (work) => isolated.runExclusive(work),
    memory: {
      bytes: Math.min(budgets.decoded, maxImageBytes),
      hold: decoded,
      alone: (work) => decoded(budgets.decoded, work),
    },
  };
}

/**
 * No image may use more, however much memory there is: with the process that decodes it, 1.5 GB. The largest upright JPEGs,
 * PNGs and TIFFs need less.
 */
const maxImageBytes = 1280 * 2 ** 20;

/** The semaphore loops over every free unit on each turn, so a budget is counted in units larger than a byte. */
const maxUnits = 1024;

/** First come, first served; work that needs more than the whole budget waits for all of it. */
function byteBudget(bytes: number): <T>(needed: number, work: () => Promise<T>) => Promise<T> {
  const unit = Math.max(1, Math.ceil(bytes / maxUnits));
  const units = Math.max(1, Math.floor(bytes / unit));
  const semaphore = new Semaphore(units);
  return (needed, work) => semaphore.runExclusive(work, Math.min(Math.max(Math.ceil(needed / unit), 1), units));
}
