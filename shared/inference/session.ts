import type { ReferenceCheck } from './accelerator/check-output.ts';
import type { Share } from './accelerator/shares.ts';
import type { Batch, Scores } from './batch.ts';

/** A loaded network. */
export interface Session {
  /** Execution provider that runs the network, as verified when the session was opened: `cpu`, `webgpu`, ... */
  readonly provider: string;
  /** Batches that run at the same time; more of them wait. */
  readonly parallel: number;
  readonly report: SessionReport;
  /**
   * Runs one batch. Its pixels are transferred to a thread and cannot be used afterwards.
   * @returns scores of `batch.size` rows, without the padding
   * @throws {SessionLost} when a thread has ended; any other error is about this batch, or a device that fails on all
   */
  run(batch: Batch): Promise<Scores>;
  /** Waits for batches that are running; waiting batches fail. */
  close(): Promise<void>;
}

/** The findings of opening a session. */
export interface SessionReport {
  /** Providers that ran the network, most time first. */
  readonly shares: readonly Share[];
  /** Undefined without a reference output, see `OpenedLanes`. */
  readonly referenceCheck: ReferenceCheck | undefined;
  /** Of all lanes together; undefined if it was not measured, see `SessionOptions`. */
  readonly imagesPerSecond: number | undefined;
  /** Providers that `auto` tried first, and why it skipped them. */
  readonly skippedProviders: readonly { readonly provider: string; readonly reason: string }[];
}
