import { describe, expect, it } from 'vitest';
import { toStream } from '../../support/exports.ts';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { resultsOf } from '../../support/stores.ts';

describe('exportRows as a table', () => {
  it('shows the outcome of each image', async () => {
    const results = await resultsOf([classifiedRow('a.jpg'), rejectedRow('b\n.txt')]);
    expect(await toStream(results, { format: 'table' })).toBe(
      [
        '┌─────────┬────────────┬──────────────┬───────┬─────────────┐',
        '│ key     │ status     │ reason       │ label │ probability │',
        '├─────────┼────────────┼──────────────┼───────┼─────────────┤',
        '│ a.jpg   │ classified │              │ tench │ 70.0 %      │',
        '│ b\\n.txt │ rejected   │ not_an_image │       │             │',
        '└─────────┴────────────┴──────────────┴───────┴─────────────┘',
        '',
      ].join('\n'),
    );
  });

  it.each([60, 80, 133])('fits a terminal of %i columns in any script', async (width) => {
    const keys = ['x'.repeat(200), '漢字'.repeat(50), '🐟'.repeat(70), 'Ünï'.repeat(60), 'short.jpg'];
    const results = await resultsOf(keys.map((key) => classifiedRow(key, { label: key })));
    const lines = (await toStream(results, { format: 'table' }, { columns: width })).split('\n').slice(0, -1);
    // Each character of these takes two columns, every other one takes one.
    const widthOf = (line: string) => [...line].length + (line.match(/[漢字🐟]/gu)?.length ?? 0);
    const widths = new Set(lines.map(widthOf));
    expect(widths.size).toBe(1);
    // Cut columns have equal widths, so less than one character per column is left over.
    expect(Math.max(...widths)).toBeLessThanOrEqual(width);
    expect(Math.min(...widths)).toBeGreaterThan(width - 5);
    // The middle of a key is cut, and the end of other columns.
    expect(lines.filter((line) => /^│ [x漢字🐟Ünï]+…[x漢字🐟Ünï]+ +│.*│ [x漢字🐟Ünï]+… +│/u.test(line))).toHaveLength(
      4,
    );
    expect(lines.filter((line) => line.startsWith('│ short.jpg '))).toHaveLength(1);
  });

  it('shows 50 rows and the number of further rows on a terminal, and all rows elsewhere', async () => {
    const results = await resultsOf(Array.from({ length: 2500 }, (_, index) => rejectedRow(`key-${index}.txt`)));
    const shown = await toStream(results, { format: 'table' }, { columns: 100 });
    expect(shown.match(/key-\d+/g)).toHaveLength(50);
    expect(shown).toMatch(/\n… and 2450 more: a file or a pipe gets all of them\n$/);
    const whole = await toStream(results, { format: 'table' });
    expect(new Set(whole.match(/key-\d+/g)).size).toBe(2500);
    expect(whole).not.toContain('more');
  });

  it('shows as many rows on a terminal as --limit asks for', async () => {
    const results = await resultsOf(Array.from({ length: 200 }, (_, index) => rejectedRow(`key-${index}.txt`)));
    const shown = await toStream(results, { format: 'table', limit: 120 }, { columns: 100 });
    expect(shown.match(/key-\d+/g)).toHaveLength(120);
    expect(shown).not.toContain('more');
  });

  it('shows both ends of keys that begin alike', async () => {
    const keys = ['a', 'b'].map((name) => `2026/holidays/with-a-very-long-name/in-the-mountains/${name}.jpg`);
    const results = await resultsOf(keys.map((key) => classifiedRow(key)));
    const shown = await toStream(results, { format: 'table' }, { columns: 72 });
    expect(shown).toMatch(/\n│ 2026\/…\S*ains\/a\.jpg +│/);
    expect(shown).toMatch(/\n│ 2026\/…\S*ains\/b\.jpg +│/);
  });

  it("shows the first of a synset's names, which a file keeps", async () => {
    const results = await resultsOf([classifiedRow('a.jpg', { label: 'tench, Tinca tinca' })]);
    expect(await toStream(results, { format: 'table' })).toContain('│ tench │');
    expect(await toStream(results, { format: 'jsonl' })).toContain('"label":"tench, Tinca tinca"');
  });

  it('shows only the header without results', async () => {
    expect(await toStream(await resultsOf([]), { format: 'table' }, { columns: 80 })).toContain('probability');
  });
});
