import { expect, it } from 'vitest';
import { classifiedRow } from '../support/result-rows.ts';
import { commandOutput } from '../support/run-command.ts';
import { storeOf } from '../support/stores.ts';

const rows = ['beach', 'city'].map((job) =>
  classifiedRow('a.jpg', { job, image_id: `/photos/${job}/a.jpg@e1`, bucket: `/photos/${job}` }),
);

it('prints the job of each row if the store has several, and no column for one', async () => {
  const store = await storeOf(rows);
  const table = await commandOutput(['results', '--store', store]);
  expect(table).toMatch(/│ key +│ job +│ status/);
  expect(table.match(/│ a\.jpg .*/g)?.map((line) => line.split('│')[2]?.trim())).toEqual(['beach', 'city']);
  expect(await commandOutput(['results', '--store', store, '--job', 'city'])).not.toContain('│ job');
  expect(await commandOutput(['results', '--store', await storeOf(rows.slice(0, 1))])).not.toContain('│ job');
});
