import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ImageInput, proposeRegions } from '../index.ts';
import { patchScene } from './support/patch-scene.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const folder = temporaryFolder();
const path = join(folder, 'scene.png');
let bytes: Uint8Array;

beforeAll(async () => {
  await writeFile(path, await patchScene().png().toBuffer());
  bytes = await readFile(path);
});

describe('proposing regions in a program', () => {
  it('takes paths, URLs, bytes and streams, and gives each the same boxes in the order of the images', async () => {
    const images = [
      path,
      new URL(`file://${path}`),
      { name: 'note', bytes: new TextEncoder().encode('no picture') },
      { name: 'bytes', bytes },
      { name: 'stream', stream: new Blob([new Uint8Array(bytes)]).stream() },
    ];
    const outcomes = await Array.fromAsync(proposeRegions(images, { max: 5, threads: 2 }));
    expect(outcomes.map(({ name }) => name)).toEqual([path, path, 'note', 'bytes', 'stream']);
    const [first, , note, ...rest] = outcomes;
    expect(first).toMatchObject({ status: 'proposed', width: 400, height: 300, format: 'png' });
    expect(Object(first).regions).toHaveLength(5);
    expect(note).toMatchObject({ status: 'rejected', reason: 'not_an_image' });
    for (const outcome of rest) expect({ ...outcome, name: path }).toEqual(first);
    expect(await Array.fromAsync(proposeRegions(path, { max: 5 }))).toEqual([first]);
  });

  it('reads no further than the consumer, and ends when the loop is left', async () => {
    let read = 0;
    let isEnded = false;
    async function* endless(): AsyncGenerator<ImageInput> {
      try {
        for (; ; read += 1) yield { name: String(read), bytes };
      } finally {
        isEnded = true;
      }
    }
    for await (const { status } of proposeRegions(endless(), { threads: 1 })) {
      expect(status).toBe('proposed');
      break;
    }
    expect(read).toBeLessThan(100);
    expect(isEnded).toBe(true);
  });

  it('ends when it is left while an image is awaited that never comes', async () => {
    async function* never(): AsyncGenerator<ImageInput> {
      yield path;
      await new Promise(() => {});
    }
    const outcomes = proposeRegions(never(), { threads: 1 });
    expect((await outcomes.next()).value).toMatchObject({ status: 'proposed' });
    const next = outcomes.next();
    await outcomes.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('throws the reason of an aborted signal, and ends the streams', async () => {
    const controller = new AbortController();
    const [isRead, isCanceled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const source = { pull: () => isRead.resolve(), cancel: () => isCanceled.resolve() };
    const stream = new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
    const outcomes = proposeRegions([{ name: 'stream', stream }], { signal: controller.signal });
    const next = outcomes.next();
    await isRead.promise;
    controller.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    await isCanceled.promise;
  });

  it('gives the outcomes of the images before an error of the list', async () => {
    async function* failing(): AsyncGenerator<ImageInput> {
      yield path;
      throw new Error('the list has ended too early');
    }
    const outcomes = proposeRegions(failing(), { threads: 1 });
    expect((await outcomes.next()).value).toMatchObject({ name: path, status: 'proposed' });
    await expect(outcomes.next()).rejects.toThrow('the list has ended too early');
  });

  it.each([
    [[path, { max: 0 }], 'invalid options of proposeRegions: max: give a whole number from 1 to 1000'],
    [[path, { max: 1001 }], 'invalid options of proposeRegions: max: give a whole number from 1 to 1000'],
    [
      [path, { most: 3 }],
      'invalid options of proposeRegions: unknown option most, the options are max, threads, signal',
    ],
    [[1], 'an image is a path, a file: URL, { name, bytes } or { name, stream }, not 1'],
  ])('refuses %j', async (call, message) => {
    await expect(Array.fromAsync(Reflect.apply(proposeRegions, undefined, call))).rejects.toMatchObject({
      name: 'UserError',
      message,
    });
  });
});
