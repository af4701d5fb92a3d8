import { totalmem } from 'node:os';

/** Bytes that ingest may fill, see `memoryBudgets`. */
export interface MemoryBudgets {
  /** With files that are held. */
  readonly files: number;
  /** With what decoders keep of pictures. */
  readonly decoded: number;
}

/** What is left is the program's own, that of crops on their way, and what the allocator keeps. */
const shares: MemoryBudgets = { files: 1 / 8, decoded: 1 / 2 };

/** A person's machine is for other things too. */
const shareOfMachine = 1 / 4;

/** Shares of a process's memory, bytes. */
export function memoryBudgets(memory: number = processMemory()): MemoryBudgets {
  return { files: Math.floor(memory * shares.files), decoded: Math.floor(memory * shares.decoded) };
}

/** All of a function's memory, of which Lambda tells in MB; a quarter of a machine's, or of what a container has of it. */
export function processMemory(environment: NodeJS.ProcessEnv = process.env): number {
  const megabytes = Number(environment['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']);
  if (megabytes > 0) return megabytes * 2 ** 20;
  const allowed = process.constrainedMemory();
  return Math.min(totalmem(), allowed > 0 ? allowed : Number.POSITIVE_INFINITY) * shareOfMachine;
}
