/** Tests of one file. */
export interface FaultTests {
  /** Relative to the repository. */
  readonly file: string;
  /** Names of the tests. @default all of the file */
  readonly names?: RegExp;
}

/** The tests that hold the right outcome of each fault, by its name in FAULTS.md. */
export const faults: Readonly<Record<string, readonly FaultTests[]>> = {};
