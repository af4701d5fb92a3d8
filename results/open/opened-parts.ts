import type { Part, ResultsSource } from './parts.ts';

/** The files behind opened results. */
export interface OpenedParts {
  readonly parts: readonly Part[];
  readonly regions?: OpenedRegions | undefined;
  readonly source: ResultsSource;
  /** See `findBadPart`. */
  readonly schemaFile: string;
  readonly temporaryFolder: string;
}

/** Parts with the embeddings of regions. */
export interface OpenedRegions {
  readonly parts: readonly Part[];
  readonly schemaFile: string;
}
