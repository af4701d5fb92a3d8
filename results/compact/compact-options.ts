import type { ObjectStore } from '../../shared/stores/ports.ts';
import type { ResultsSource } from '../open/parts.ts';

export interface CompactOptions {
  readonly source: ResultsSource;
  /** The store of the parts: compacted parts are written to it and replaced ones removed. */
  readonly store: ObjectStore;
  /** Where rows are sorted. Takes up to three times `bytesPerRun`. */
  readonly workFolder: string;
  /** Bytes of parts that are sorted together; a day with more becomes several sorted runs. */
  readonly bytesPerRun: number;
  /**
   * Skips a folder such as `results/date=2026-03-01`, because parts are still written to it.
   * @default none
   */
  readonly skipFolder?: (folder: string) => boolean;
  /** Called at the start and after every run; from the start again for the parts of regions. */
  readonly onProgress?: (progress: CompactProgress) => unknown;
  /** Stops after the current run. */
  readonly stop?: AbortSignal;
  readonly now?: () => Date;
}

/** In bytes of parts to replace. */
export interface CompactProgress {
  readonly replaced: number;
  readonly total: number;
}
