import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { displayLabel, labelMatchesSql, matchesLabel } from '../../../shared/models/label-name.ts';

const tench = { label_id: 'n01440764', label: 'tench, Tinca tinca' };
const bird = { label_id: 'n02012849', label: 'crane' };
const machine = { label_id: 'n03126707', label: 'crane' };
const own = { label_id: 'paint', label: 'red, blue' };
const nearlySynset = { label_id: 'n0144076', label: 'one, two' };
const rejected = { label_id: null, label: null };
const classes = [tench, bird, machine, own, nearlySynset, rejected];

describe('displayLabel', () => {
  it.each([
    ['the first synonym of a WordNet synset', tench, 'tench'],
    ['a synset with one name', bird, 'crane'],
    ['a label of the user with a comma', own, 'red, blue'],
    ['a label whose id only resembles a synset', nearlySynset, 'one, two'],
    ['nothing for a rejected image', rejected, ''],
  ])('is %s', (_, label, shown) => expect(displayLabel(label)).toBe(shown));
});

const searches = [
  ['the first synonym', 'tench', [tench]],
  ['another synonym', 'Tinca tinca', [tench]],
  ['the whole label', 'tench, Tinca tinca', [tench]],
  ['the id', 'n01440764', [tench]],
  ['upper case', 'TENCH', [tench]],
  ['a name that two classes share', 'crane', [bird, machine]],
  ["the user's own label", 'red, blue', [own]],
  ["nothing by a piece of the user's own label", 'red', []],
  ['nothing by the beginning of a name', 'ten', []],
  ['nothing by an empty text', '', []],
  ['nothing by characters that SQL or patterns treat specially', "%'.*", []],
] as const;

describe('matchesLabel', () => {
  it.each(searches)('finds by %s', (_, text, found) => expect(classes.filter(matchesLabel(text))).toEqual(found));
});

describe('labelMatchesSql', () => {
  it.each(searches)('finds by %s', async (_, text, found) => {
    const instance = await DuckDBInstance.create();
    const connection = await instance.connect();
    try {
      await connection.run('create table classes(label_id varchar, label varchar)');
      for (const { label_id, label } of classes) {
        await connection.run('insert into classes values ($label_id, $label)', { label_id, label });
      }
      const query = `select label_id, label, ${labelMatchesSql('$text')} as matches from classes`;
      const rows = (await connection.runAndReadAll(query, { text })).getRowObjects();
      expect(rows.filter(({ matches }) => matches).map(({ label_id, label }) => ({ label_id, label }))).toEqual(found);
      expect(rows.every(({ matches }) => typeof matches === 'boolean')).toBe(true);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  });
});
