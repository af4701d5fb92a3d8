import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../cli.ts';
import { formatCases, formatTable } from './format-table.ts';

// Replaces the table in docs/formats.md with the cases of the tests.
const path = join(repository, 'docs/formats.md');
const page = await readFile(path, 'utf8');
await writeFile(
  path,
  page.replace(/^\|.*\|$(?:\n^\|.*\|$)*/m, () => formatTable(formatCases)),
);
