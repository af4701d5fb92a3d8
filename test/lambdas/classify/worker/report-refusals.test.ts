import { expect, it } from 'vitest';
import { reportRefusals } from '../../../../lambdas/classify/worker/report-refusals.ts';
import { Failure } from '../../../../shared/failures/failure.ts';

type Crops = Parameters<typeof reportRefusals>[0];

const failure = new Failure('unavailable', 'not authorized to perform: sqs:DeleteMessage');

function reportsOf(queue: Partial<Crops>) {
  const reports: unknown[] = [];
  const unexpected = () => Promise.reject(new Error('unexpected request'));
  const complete: Crops = {
    visibilitySeconds: 30,
    receive: unexpected,
    acknowledge: unexpected,
    setVisibility: unexpected,
    ...queue,
  };
  const crops = reportRefusals(complete, (request, { message }) => reports.push([request, message]));
  return { crops, reports };
}

it('reports messages that cannot be deleted, once per request, and returns them', async () => {
  const refused = [0, 1].map((index) => ({ index, failure }));
  const { crops, reports } = reportsOf({ acknowledge: () => Promise.resolve(refused) });
  expect(await crops.acknowledge(['a', 'b'])).toBe(refused);
  expect(reports).toEqual([['delete', failure.message]]);
});

it('reports a request to hide messages that fails, and fails with it', async () => {
  const { crops, reports } = reportsOf({ setVisibility: () => Promise.reject(failure) });
  await expect(crops.setVisibility(['a'], 30)).rejects.toBe(failure);
  expect(reports).toEqual([['hide', failure.message]]);
});

it('reports nothing if every message is deleted', async () => {
  const { crops, reports } = reportsOf({ acknowledge: () => Promise.resolve([]) });
  await crops.acknowledge(['a']);
  expect(reports).toEqual([]);
});
