import { totalmem } from 'node:os';

/** Bytes that reading and decoding images may use. */
export interface MemoryBudgets {
  /** For the files being processed. */
  readonly files: number;
  /** For what decoders allocate. */
  readonly decoded: number;
  /** For the crops of images until they are sent. @default unlimited */
  readonly crops?: number;
}

/** The rest is for the program itself and for what the allocator keeps. */
const shares = { files: 1 / 8, decoded: 1 / 2, crops: 1 / 8 } satisfies MemoryBudgets;

/** A desktop machine runs other programs too. */
const shareOfMachine = 1 / 4;

/** @param memory bytes that the process may use */
export function memoryBudgets(memory: number = processMemory()): MemoryBudgets {
  return {
    files: Math.floor(memory * shares.files),
    decoded: Math.floor(memory * shares.decoded),
    crops: Math.floor(memory * shares.crops),
  };
}

/** Bytes for this process: all memory of a Lambda function; elsewhere a quarter of the machine's or the container's. */
export function processMemory(environment: NodeJS.ProcessEnv = process.env): number {
  const megabytes = Number(environment['AWS_LAMBDA_FUNCTION_MEMORY_SIZE']);
  if (megabytes > 0) return megabytes * 2 ** 20;
  const limit = process.constrainedMemory();
  return Math.min(totalmem(), limit > 0 ? limit : Number.POSITIVE_INFINITY) * shareOfMachine;
}
