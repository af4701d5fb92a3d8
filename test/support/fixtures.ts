import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe } from 'vitest';

const { INCEPTION_FIXTURES = '../shared' } = process.env;
const folderPath = resolve(import.meta.dirname, '../..', INCEPTION_FIXTURES);

/** Absolute path of the folder with real weights and photos; undefined if it is missing. */
export const fixtures: string | undefined = existsSync(resolve(folderPath, 'models/googlenet-zoo.onnx'))
  ? folderPath
  : undefined;

if (fixtures === undefined && process.env['INCEPTION_FIXTURES'] !== undefined) {
  throw new Error(`INCEPTION_FIXTURES names ${folderPath}, which does not contain models/googlenet-zoo.onnx`);
}

/** `describe` for tests on real weights and photos; without their folder the tests are skipped with a warning. */
export function describeWithFixtures(name: string, body: (folder: string) => void): void {
  if (fixtures === undefined) {
    console.warn(`skipped: ${name}: no fixtures in ${folderPath}; set INCEPTION_FIXTURES`);
    describe.skip(name, () => {});
    return;
  }
  const folder = fixtures;
  describe(name, () => body(folder));
}
