import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repository } from '../support/cli.ts';
import { avifCombinations } from './avif-combinations.ts';
import { avifencCombinations } from './avifenc-combinations.ts';
import { compare, type Result } from './compare.ts';
import { corpusTable, faults, summary } from './corpus-table.ts';
import { gifCombinations } from './gif-combinations.ts';
import { type IndependentDecoder, openIndependentDecoder } from './independent-decoder.ts';
import { jpegCombinations } from './jpeg-combinations.ts';
import { pngCombinations } from './png-combinations.ts';
import { describeWithPrograms } from './programs.ts';
import { tiffCombinations } from './tiff-combinations.ts';
import { webpCombinations } from './webp-combinations.ts';

const page = join(repository, 'docs/formats.md');

describeWithPrograms('each combination is decoded as by an independent decoder, or refused', () => {
  const results: Result[] = [];
  let decoder: IndependentDecoder;
  beforeAll(async () => {
    decoder = await openIndependentDecoder();
  });
  afterAll(() => decoder.close());

  it.each([
    ['JPEG', jpegCombinations],
    ['PNG', pngCombinations],
    ['WebP', webpCombinations],
    ['AVIF', [...avifCombinations, ...avifencCombinations]],
    ['TIFF', tiffCombinations],
    ['GIF', gifCombinations],
  ])('%s', async (format, combinations) => {
    const compared = await pMap(combinations, (combination) => compare(combination, decoder), { concurrency: 3 });
    results.push(...compared);
    console.log(`${format}: ${summary(compared)}`);
    expect(faults(compared)).toEqual([]);
  });

  it('docs/formats.md has the same table; vitest --update writes it', async () => {
    console.log(`all: ${summary(results)}`);
    const text = await readFile(page, 'utf8');
    const table = /^\| format .*combinations(?:.*\n)(?:\|.*\n)*/m;
    expect(text).toMatch(table);
    await expect(text.replace(table, () => `${corpusTable(results)}\n`)).toMatchFileSnapshot(page);
  });
});
