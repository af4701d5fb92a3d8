import { describe, expect, it } from 'vitest';
import type { ImageInput } from '../../../../cli/engine/classify/image-input.ts';
import { UserError } from '../../../../shared/failures/user-error.ts';
import { SessionLost } from '../../../../shared/inference/session-lost.ts';
import { thrown, tinyImages, waitingStream } from './tiny-images.ts';

const { classifyWith, endless, first, outcomesOf, paths, session } = await tinyImages();

describe('the end of classifyImages', () => {
  it('throws an AbortError in mid-batch, ends streams, and leaves the session usable', async () => {
    const controller = new AbortController();
    const waiting = waitingStream([new Uint8Array(10)]);
    const unread = waitingStream();
    async function* inputs(): AsyncGenerator<ImageInput> {
      yield { name: 'waiting', stream: waiting.stream };
      yield { name: 'unread', stream: unread.stream };
      for (;;) yield first;
    }
    const seen: string[] = [];
    const work = (async () => {
      for await (const { name } of classifyWith(inputs(), { signal: controller.signal })) {
        seen.push(name);
        if (seen.length === 3) controller.abort();
      }
    })();
    await expect(work).rejects.toMatchObject({ name: 'AbortError' });
    expect(seen).toHaveLength(3);
    await Promise.all([waiting.canceled, unread.canceled]);
    expect(await outcomesOf([first])).toMatchObject([{ status: 'classified' }]);
  });

  it('throws an AbortError while it waits for an input that never comes', async () => {
    const controller = new AbortController();
    async function* inputs(): AsyncGenerator<ImageInput> {
      yield first;
      await new Promise(() => {});
    }
    const outcomes = classifyWith(inputs(), { signal: controller.signal });
    await outcomes.next();
    const next = outcomes.next();
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });

  it('ends when it is left while an outcome is awaited whose input never comes', async () => {
    async function* inputs(): AsyncGenerator<ImageInput> {
      yield first;
      await new Promise(() => {});
    }
    const outcomes = classifyWith(inputs());
    await outcomes.next();
    const next = outcomes.next();
    await expect(outcomes.return()).resolves.toEqual({ done: true, value: undefined });
    await expect(next).resolves.toEqual({ done: true, value: undefined });
    await expect(outcomes.next()).resolves.toEqual({ done: true, value: undefined });
  });

  it('ends streams that are read when it is left', async () => {
    const waiting = waitingStream([new Uint8Array(10)]);
    const outcomes = classifyWith([{ name: 'waiting', stream: waiting.stream }]);
    const next = outcomes.next();
    await waiting.started;
    await outcomes.return();
    await waiting.canceled;
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it.each(['left', 'aborted'])(
    'drops the images that were read ahead when it is %s, also a batch that runs',
    async (end) => {
      const controller = new AbortController();
      const next = Promise.withResolvers<void>();
      let batches = 0;
      // The first batch gives outcomes; the others run without an end.
      const run: typeof session.run = (batch) => {
        batches += 1;
        if (batches === 1) return session.run(batch);
        next.resolve();
        return new Promise(() => {});
      };
      const stuck = { ...session, run };
      const outcomes = classifyWith(endless().inputs, { session: stuck, signal: controller.signal });
      await outcomes.next();
      await next.promise;
      if (end === 'left') await outcomes.return();
      else {
        controller.abort();
        await expect(Array.fromAsync(outcomes)).rejects.toMatchObject({ name: 'AbortError' });
      }
      expect(batches).toBeLessThanOrEqual(1 + session.parallel);
    },
  );

  it('reads nothing if the signal was aborted before', async () => {
    const { inputs, state } = endless();
    await expect(outcomesOf(inputs, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(state.pulled).toBe(0);
  });

  it.each<[string, (broken: Error) => AsyncIterable<ImageInput> | Iterable<ImageInput>]>([
    [
      'throw',
      async function* (broken) {
        yield* paths;
        throw broken;
      },
    ],
    [
      'throw in a list',
      function* (broken) {
        yield* paths;
        throw broken;
      },
    ],
    ['cannot be iterated', (broken) => ({ [Symbol.asyncIterator]: () => thrown(broken) })],
  ])('gives the outcomes of the images before inputs that %s, then throws the error', async (name, inputs) => {
    const broken = new Error('the list is broken');
    const seen: string[] = [];
    const work = async () => {
      for await (const outcome of classifyWith(inputs(broken))) seen.push(`${outcome.name} ${outcome.status}`);
    };
    await expect(work()).rejects.toBe(broken);
    const given = name === 'cannot be iterated' ? [] : paths;
    expect(seen.toSorted()).toEqual(given.map((path) => `${path} classified`));
  });

  it('gives the outcomes of the images before one that is no image, then throws, and ends the inputs', async () => {
    let isLeft = false;
    function* inputs(): Generator<ImageInput> {
      try {
        yield* paths;
        yield 5 as unknown as string;
        yield* paths;
      } finally {
        isLeft = true;
      }
    }
    const seen: string[] = [];
    const work = async () => {
      for await (const outcome of classifyWith(inputs())) seen.push(outcome.name);
    };
    await expect(work()).rejects.toThrow(UserError);
    expect(seen.toSorted()).toEqual(paths);
    expect(isLeft).toBe(true);
  });

  it('throws when the session is lost, although inputs still wait for room', async () => {
    const lost = { ...session, run: () => Promise.reject(new SessionLost('the thread has ended')) };
    const { inputs, state } = endless();
    await expect(outcomesOf(inputs, { session: lost })).rejects.toThrow(SessionLost);
    expect(state.isLeft).toBe(true);
  });
});
