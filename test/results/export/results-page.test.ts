import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { unseenReasons } from '../../../shared/failures/failure.ts';
import type { ResultRow } from '../../../shared/rows/row.ts';
import { columns } from '../../../shared/rows/schema.ts';
import { repository } from '../../support/cli.ts';
import { classifiedRow, rejectedRow, storedRegion } from '../../support/result-rows.ts';
import { opened, rowsOf, storeOf } from '../../support/stores.ts';

it('the page on results lists every column in order, and which are optional', async () => {
  const page = await readFile(join(repository, 'docs/results.md'), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+)` +\| ([^|]+?) +\|/gm)].map(([, name = '', type = '']) => [
    name,
    /optional|^list/.test(type),
  ]);
  expect(documented).toEqual(Object.values(columns).map(({ name, nullable }) => [name, nullable]));
});

/** All histories of up to three rows of a key, whose content may change; one part per position in the history. */
function everyHistory(): ResultRow[][] {
  const kinds = ['classified', 'truncated', 'unavailable', 'object_gone'] as const;
  const steps = kinds.flatMap((kind) => ['e1', 'e2'].map((etag) => ({ kind, etag })));
  const histories = [1, 2, 3].reduce<(typeof steps)[][]>(
    (lengths) => [...lengths, (lengths.at(-1) ?? [[]]).flatMap((before) => steps.map((step) => [...before, step]))],
    [],
  );
  const parts: ResultRow[][] = [[], [], []];
  for (const [number, history] of histories.flat().entries()) {
    for (const [position, { kind, etag }] of history.entries()) {
      const [key, time] = [`${number}.jpg`, new Date(Date.UTC(2026, 2, 1, 10, 0, position))];
      const changes = { etag, image_id: `drop/${key}@${etag}`, ingested_at: time };
      parts[position]?.push(
        kind === 'classified'
          ? classifiedRow(key, { ...changes, classified_at: time, regions: [storedRegion({ x: position })] })
          : rejectedRow(key, { ...changes, reason: kind }),
      );
    }
  }
  return parts;
}

it('the query on the page gives the same rows as the view, except for deletions', async () => {
  const page = await readFile(join(repository, 'docs/results.md'), 'utf8');
  const [, sql = ''] = /```sql\n([^`]*)```/.exec(page) ?? [];
  for (const reason of unseenReasons) expect(sql).toContain(`'${reason}'`);
  const path = await storeOf(...everyHistory());
  const results = await opened(path);
  const pageQuery = `(${sql.replace("'store/", `'${path}/`)})`;
  const onlyIn = (one: string, other: string) =>
    rowsOf(
      results,
      `select image_id, status, reason, ingested_at from (from ${one} except all from ${other}) order by all`,
    );
  expect(await onlyIn('results', pageQuery)).toEqual([]);
  expect(await onlyIn(pageQuery, 'results')).toEqual([]);
});
