import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.ts';

/** Creates an empty folder, which is removed after the running test; outside a test, after those of the file or `describe`. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'inception-batch-test-')));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
