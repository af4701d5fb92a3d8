import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { compareSequencers, sequencerOrder } from '../../../shared/events/sequencer.ts';

describe('two sequencers', () => {
  const cases: [one: string, other: string, order: number][] = [
    ['0055AED6DCD90281E5', '0055AED6DCD90281E6', -1],
    ['9', '0A', -1],
    ['0a', 'A', 0],
    ['00', '0', 0],
    ['1', '00FF', -1],
    ['100', 'FF', 1],
  ];

  it.each(cases)('%s and %s are compared as numbers', (one, other, order) => {
    expect(Math.sign(compareSequencers(one, other))).toBe(order);
  });

  it.each(cases)('%s and %s are compared the same in SQL', async (one, other, order) => {
    const connection = await (await DuckDBInstance.create()).connect();
    const [a, b] = [sequencerOrder('a'), sequencerOrder('b')];
    const sql = `select (${a} > ${b})::int - (${a} < ${b})::int from (select $one as a, $other as b)`;
    const [row] = (await connection.runAndReadAll(sql, { one, other })).getRows();
    connection.closeSync();
    expect(row).toEqual([order]);
  });
});
