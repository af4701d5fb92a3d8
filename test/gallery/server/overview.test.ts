import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { writeList } from '../../support/job-lists.ts';
import { classifiedRow, deletedRow } from '../../support/result-rows.ts';
import { storeOf } from '../../support/stores.ts';
import { exampleRows as rows } from './example-rows.ts';
import { openApp } from './open-app.ts';

describe('/api/overview', () => {
  it('counts each column without the filter on that column', async () => {
    const { json } = await openApp(await storeOf(rows));
    expect(await json('/api/overview?job=a&label=tench')).toMatchObject({
      count: 1,
      jobs: [{ name: 'a', images: 1 }],
      labels: [
        { name: "dog's bed", images: 1 },
        { name: 'tench', images: 1 },
      ],
      labelCount: 2,
      reasons: [],
    });
    expect(await json('/api/overview')).toMatchObject({
      count: 4,
      statuses: [
        { name: 'classified', images: 3 },
        { name: 'deleted', images: 1 },
        { name: 'rejected', images: 1 },
      ],
      reasons: [{ name: 'truncated', images: 1, meaning: 'the image ends before its last pixel', isRetried: false }],
    });
  });

  it.each([
    ['job=bb', [{ name: 'job', value: 'bb', suggestion: 'b' }]],
    ['label=tenhc', [{ name: 'label', value: 'tenhc', suggestion: 'tench' }]],
    ['model=googlenett', [{ name: 'model', value: 'googlenett', suggestion: 'googlenet' }]],
    ['model=nope', [{ name: 'model', value: 'nope', suggestion: null }]],
    ['reason=truncatd', [{ name: 'reason', value: 'truncatd', suggestion: 'truncated' }]],
    [
      'job=zzzzzz&label=zzzzzz&status=deleted',
      [
        { name: 'job', value: 'zzzzzz', suggestion: null },
        { name: 'label', value: 'zzzzzz', suggestion: null },
      ],
    ],
    ['job=a&reason=truncated', []],
    ['job=listed', []],
    ['label=goldfish&text=nowhere', []],
    ['job=b&min=1', []],
  ])('names the filters whose value the results do not have: %s', async (query, unknown) => {
    const store = await storeOf([
      ...[...rows, classifiedRow('x.jpg', { job: 'only deleted' })],
      deletedRow('x.jpg', { job: 'only deleted' }),
    ]);
    await writeList(store, 'listed', [{ key: 'later.jpg' }]);
    const { json } = await openApp(store);
    expect(await json(`/api/overview?${query}`)).toMatchObject({ count: 0, unknown });
    expect(await json('/api/overview?job=only%20deleted')).toMatchObject({ count: 0, unknown: [] });
  });

  it('counts probabilities in 20 bins, with 1 in the last bin', async () => {
    const certain = [0, 0.049, 0.05, 0.999, 1].map((probability, index) =>
      classifiedRow(`${index}.jpg`, { probability: Math.fround(probability) }),
    );
    const { json } = await openApp(await storeOf(certain));
    const { probabilities } = z.object({ probabilities: z.array(z.number()) }).parse(await json('/api/overview'));
    expect(probabilities).toEqual([2, 1, ...Array.from({ length: 17 }, () => 0), 2]);
  });
});
