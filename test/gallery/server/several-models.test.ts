import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { classifiedRow, rejectedRow } from '../../support/result-rows.ts';
import { storeOf } from '../../support/stores.ts';
import { keysOf } from './image-page.ts';
import { openApp } from './open-app.ts';

describe('images classified by several models', () => {
  const late = { model: 'late@2', classified_at: new Date('2026-03-05T00:00:00Z') };
  const relabeled = [
    classifiedRow('a.jpg', { label: 'tench' }),
    classifiedRow('b.jpg', { label: 'tench' }),
    rejectedRow('c.jpg'),
    classifiedRow('a.jpg', { label: 'daisy', label_id: 'daisy', ...late }),
    classifiedRow('a.jpg', { label: 'tulip', ...late, preprocess: 'ten crops', classified_at: new Date(0) }),
    rejectedRow('c.jpg', { model: 'late@2' }),
  ];
  const named = z.object({
    images: z.array(z.object({ id: z.string(), key: z.string(), modelName: z.string().nullable() })),
  });
  const overviewOf = z.object({ models: z.unknown(), labels: z.unknown(), count: z.number() });

  it('are shown once with their latest result, or with that of the selected model', async () => {
    const { json } = await openApp(await storeOf(relabeled));
    expect(keysOf(await json('/api/images'))).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
    expect(keysOf(await json('/api/images?label=daisy'))).toEqual(['a.jpg']);
    expect(keysOf(await json('/api/images?label=tulip'))).toEqual([]);
    expect(keysOf(await json('/api/images?model=late@2'))).toEqual(['a.jpg', 'c.jpg']);
    expect(keysOf(await json(`/api/images?label=tench&model=${classifiedRow('').model}`))).toEqual(['a.jpg', 'b.jpg']);
  });

  it('are filtered by a model as in the command: by its name, or the start of its id', async () => {
    const { json } = await openApp(await storeOf(relabeled));
    expect(keysOf(await json('/api/images?model=late'))).toEqual(['a.jpg', 'c.jpg']);
    expect(keysOf(await json('/api/images?model=late@'))).toEqual(['a.jpg', 'c.jpg']);
    expect(keysOf(await json('/api/images?label=tulip&model=late%402/ten'))).toEqual(['a.jpg']);
    expect(keysOf(await json('/api/images?model=earlier'))).toEqual([]);
  });

  it('name their models, and the detail has the other results', async () => {
    const { json } = await openApp(await storeOf(relabeled));
    const { images } = named.parse(await json('/api/images'));
    expect(images.map(({ key, modelName }) => [key, modelName])).toEqual([
      ['a.jpg', 'late/fedc'],
      ['b.jpg', null],
      ['c.jpg', 'googlenet'],
    ]);
    const [a, b, c] = await Promise.all(images.map(({ id }) => json(`/api/images/${id}`)));
    expect(a).toMatchObject({
      ...{ label: 'daisy', modelName: 'late/fedc', model: 'late@2' },
      others: [
        { modelName: 'googlenet', status: 'classified', label: 'tench', labelId: 'n01440764' },
        { modelName: 'late/ten ', status: 'classified', label: 'tulip' },
      ],
    });
    expect(b).toMatchObject({ modelName: null, others: [] });
    expect(c).toMatchObject({ others: [{ modelName: 'late/fedc', status: 'rejected', reason: 'not_an_image' }] });
    const { others } = z.object({ others: z.array(z.object({ id: z.string() })) }).parse(a);
    expect(await json(`/api/images/${others[0]?.id}`)).toMatchObject({ label: 'tench', modelName: 'googlenet' });
  });

  it('are counted once in total and once per model', async () => {
    const { json, live } = await openApp(await storeOf(relabeled));
    expect(overviewOf.parse(await json('/api/overview'))).toEqual({
      count: 3,
      models: [
        { name: classifiedRow('').model, images: 3 },
        { name: 'late@2', images: 2 },
      ],
      labels: [
        { name: 'daisy', labelId: 'daisy', images: 1 },
        { name: 'tench', labelId: 'n01440764', images: 1 },
      ],
    });
    expect(live.state.images).toBe(3);
  });
});

it('shows an image of two jobs with different models in each job, and once in total', async () => {
  const again = { model: 'late@2', job: 'second', classified_at: new Date('2026-03-05T00:00:00Z') };
  const first = [classifiedRow('a.jpg', { job: 'first' }), classifiedRow('b.jpg', { job: 'first' })];
  const { json, live } = await openApp(await storeOf([...first, classifiedRow('a.jpg', again)]));
  expect(keysOf(await json('/api/images'))).toEqual(['a.jpg', 'b.jpg']);
  expect(keysOf(await json('/api/images?job=first'))).toEqual(['a.jpg', 'b.jpg']);
  expect(keysOf(await json('/api/images?job=second'))).toEqual(['a.jpg']);
  expect(live.state.jobs).toMatchObject([
    { job: 'second', classified: 1 },
    { job: 'first', classified: 2 },
  ]);
  expect(live.state.images).toBe(2);
});
