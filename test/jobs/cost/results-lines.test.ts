import { expect, it } from 'vitest';
import { resultsLines } from '../../../jobs/cost/results-lines.ts';
import { googlenetSize, workloadOf } from '../../../jobs/cost/workload.ts';

const stored = (embeddingSize: number) => {
  const network = { ...googlenetSize, embeddingSize };
  return resultsLines(workloadOf({ images: 1000, regions: 1, network })).filter(({ what }) => what.includes('month'));
};

it.each([
  [1024, '3,500', '3,100'],
  [2048, '6,860', '6,200'],
  [0, '140', '0'],
])('rows and regions with %i numbers take %s and %s bytes', (embeddingSize, row, region) => {
  expect(stored(embeddingSize).map(({ formula }) => / ([\d,.]+) bytes/.exec(formula)?.[1])).toEqual([row, region]);
});
