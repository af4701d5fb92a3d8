import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../cli.ts';
import { formatCases, formatTable } from './format-table.ts';

// Puts the table of formats, as the tests have it, in the place of the one in docs/formats.md.
const path = join(repository, 'docs/formats.md');
const page = await readFile(path, 'utf8');
await writeFile(
  path,
  page.replace(/^\|.*\|$(?:\n^\|.*\|$)*/m, () => formatTable(formatCases)),
);
