import type { Accelerator } from '../../shared/inference/accelerator/provider.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import type { Session } from '../../shared/inference/session.ts';
import type { Model } from '../../shared/models/model-directory.ts';

/** How the network runs on this machine. */
export interface ComputeOptions {
  /** CPU cores. */
  readonly threads: number;
  /** Maximum number of crops in a batch. @default `batchSizeOf` */
  readonly batch?: number;
  readonly accelerator: Accelerator;
}

/** On the CPU batches of 4 are as fast as larger ones, and the network's values take half of the memory of 8. */
export function batchSizeOf({ batch, accelerator }: Pick<ComputeOptions, 'batch' | 'accelerator'>): number {
  return batch ?? (accelerator === 'cpu' ? 4 : 8);
}

/**
 * Opens a session for some work and closes it afterwards, even if the work fails. On the CPU the session loads in the
 * background while the work starts. An accelerator may take a minute to start, or may not be the one that the user
 * expects: the work waits, and `onSession` reports which one it is.
 */
export async function withSession<T>(
  model: Model,
  compute: ComputeOptions,
  onSession: (session: Session) => void,
  work: (session: Promise<Session>) => Promise<T>,
): Promise<T> {
  const { accelerator, threads } = compute;
  // A user who names an accelerator accepts its speed.
  const minimum = accelerator === 'auto' ? {} : { minImagesPerSecond: 0 };
  const session = openSession(model, { accelerator, threads, batchSize: batchSizeOf(compute), ...minimum });
  session.catch(() => {}); // reported where it is awaited
  try {
    if (accelerator !== 'cpu') onSession(await session);
    return await work(session);
  } finally {
    await session.then(
      (open) => open.close(),
      () => {}, // already reported
    );
  }
}
