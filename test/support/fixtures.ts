import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe } from 'vitest';

const { INCEPTION_FIXTURES = '../shared' } = process.env;
const wanted = resolve(import.meta.dirname, '../..', INCEPTION_FIXTURES);

/** Absolute path of the folder with real weights and photos; undefined where it is absent. */
export const fixtures: string | undefined = existsSync(resolve(wanted, 'models/googlenet-zoo.onnx'))
  ? wanted
  : undefined;

if (fixtures === undefined && process.env['INCEPTION_FIXTURES'] !== undefined) {
  throw new Error(`INCEPTION_FIXTURES names ${wanted}, which holds no models/googlenet-zoo.onnx`);
}

/** `describe` for tests on real weights and photos: given their folder, or skipped aloud without it. */
export function describeWithFixtures(name: string, body: (folder: string) => void): void {
  if (fixtures === undefined) {
    console.warn(`skipped: ${name}: no fixtures in ${wanted}; set INCEPTION_FIXTURES to their folder`);
    describe.skip(name, () => {});
    return;
  }
  const folder = fixtures;
  describe(name, () => body(folder));
}
