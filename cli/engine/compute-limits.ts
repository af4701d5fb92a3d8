import { availableParallelism } from 'node:os';

/** A few more threads than cores are harmless; each loads the network, so hundreds are not. */
export const maxThreads = 4 * availableParallelism();

/** Every thread holds a batch in memory; no accelerator is faster with more crops. */
export const maxCropsPerBatch = 1024;
