import { expect, it } from 'vitest';
import { progressiveScans } from '../../../../bench/costly/jpeg-files.ts';
import { type ImageInput, type OpenedModel, openModel } from '../../../../index.ts';
import { decoderProcessesOf } from '../../../support/decoder-processes.ts';
import { eventually } from '../../../support/eventually.ts';

/** Takes several seconds of a core, so it is decoded in a process of its own. */
const slow = progressiveScans(3072);
const processes = () => decoderProcessesOf(process.pid);

async function* slowImages(): AsyncGenerator<ImageInput> {
  for (let number = 0; ; number += 1) yield { name: String(number), bytes: slow };
}

const starts: Record<string, (model: OpenedModel, signal: AbortSignal) => Promise<unknown>> = {
  classify: (model, signal) => Array.fromAsync(model.classify(slowImages(), { signal })),
  embed: (model, signal) => model.embed({ name: 'slow', bytes: slow }, { signal }),
};

it.each(Object.entries(starts))('the processes of %s end when its signal is aborted', async (_, start) => {
  await using model = await openModel('fashion-mnist');
  const controller = new AbortController();
  const work = start(model, controller.signal);
  work.catch(() => {}); // expected below
  await eventually(() => expect(processes()).not.toEqual([]));
  controller.abort();
  await expect(work).rejects.toMatchObject({ name: 'AbortError' });
  await eventually(() => expect(processes()).toEqual([]));
});

it.each(Object.entries(starts))('the processes of %s end when the model is closed', async (_, start) => {
  const model = await openModel('fashion-mnist');
  const work = start(model, new AbortController().signal);
  work.catch(() => {}); // expected below
  await eventually(() => expect(processes()).not.toEqual([]));
  await model.close();
  await expect(work).rejects.toThrow('the model is closed');
  await eventually(() => expect(processes()).toEqual([]));
});

it('the processes of a loop end when it is left', async () => {
  await using model = await openModel('fashion-mnist');
  const outcomes = model.classify(slowImages());
  const next = outcomes.next();
  await eventually(() => expect(processes()).not.toEqual([]));
  await outcomes.return?.();
  expect(await next).toEqual({ done: true, value: undefined });
  await eventually(() => expect(processes()).toEqual([]));
});
