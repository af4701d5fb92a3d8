import { beforeAll, describe, expect, it } from 'vitest';
import { jsonLines } from '../support/cli.ts';
import { classifiedRow } from '../support/result-rows.ts';
import { runCommand } from '../support/run-command.ts';
import { storeOf } from '../support/stores.ts';

const tench = { label_id: 'n01440764', label: 'tench, Tinca tinca' };
const shark = { label_id: 'n01484850', label: 'great white shark, white shark' };
const own = { label_id: 'paint', label: 'red, blue' };

describe('labels that are lists of synonyms', () => {
  let store: string;

  beforeAll(async () => {
    const late = { model: 'late@2', classified_at: new Date('2026-03-02T10:00:00Z') };
    store = await storeOf([
      classifiedRow('a.jpg', tench),
      classifiedRow('b.jpg', tench),
      classifiedRow('c.jpg', own),
      classifiedRow('a.jpg', { ...late, ...tench }),
      classifiedRow('b.jpg', { ...late, ...shark }),
      classifiedRow('c.jpg', { ...late, ...own }),
    ]);
  });

  const output = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCommand([...args, '--store', store]);
    expect(code, stderr).toBe(0);
    return stdout;
  };

  it('are shown by their first name in tables, the labels of the user in full', async () => {
    const similar = await output('similar', 'a.jpg', '--embedding-model', 'late@2');
    expect(similar).toMatch(/ great white shark +b\.jpg/);
    expect(similar).toMatch(/ red, blue +c\.jpg/);
    const drift = await output('results', 'drift', '--from', 'late@2', '--to', classifiedRow('').model);
    expect(drift).toMatch(/^great white shark +tench +1/m);
    expect(drift).toMatch(/^red, blue +1/m);
    expect(similar + drift).not.toMatch(/Tinca|, white shark/);
  });

  it('stay whole in JSON', async () => {
    const drift = await output('results', 'drift', '--from', 'late@2', '--to', classifiedRow('').model, '--json');
    expect(JSON.parse(drift).transitions).toEqual([{ from: shark.label, to: tench.label, images: 1 }]);
    const rows = jsonLines(await output('results', '--json'));
    expect(rows).toContainEqual(expect.objectContaining({ key: 'a.jpg', label: tench.label }));
  });

  it.each(['tench', 'Tinca tinca', 'tench, Tinca tinca', 'n01440764'])('are found by %s', async (text) => {
    const rows = jsonLines(await output('results', '--label', text, '--model', classifiedRow('').model, '--json'));
    expect(rows.map((row) => row['key']).toSorted()).toEqual(['a.jpg', 'b.jpg']);
    const found = await output('similar', 'c.jpg', '--embedding-model', classifiedRow('').model, '--label', text);
    expect(found).toContain('a.jpg');
    expect(found).toContain('b.jpg');
  });
});
