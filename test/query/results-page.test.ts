import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { columns } from '../../shared/results/schema.ts';
import { repository } from '../support/cli.ts';

it('the page on results tells of every column, in the order of the files, and which may be absent', async () => {
  const page = await readFile(join(repository, 'docs/results.md'), 'utf8');
  const told = [...page.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\|/gm)].map(([, name = '', type = '']) => [
    name,
    /optional|^list/.test(type),
  ]);
  expect(told).toEqual(Object.values(columns).map(({ name, nullable }) => [name, nullable]));
});
