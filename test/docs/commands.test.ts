import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../support/cli.ts';
import { pages } from '../support/pages.ts';

// Two spaces after a command are a column of a table.
const bare =
  /(?<!npx )\binception-batch (?:run|classify|watch|replay|plan|submit|status|regions|results|failures|compact|serve|similar|model|help)\b(?! {2}).*/g;

it.each(pages.filter((page) => !page.startsWith('docs/decisions/') && page !== 'CHANGELOG.md'))(
  '%s starts every command with npx, as a clone and a local installation need',
  async (page) => {
    expect((await readFile(join(repository, page), 'utf8')).match(bare) ?? []).toEqual([]);
  },
);
