import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { bundlePrograms } from '../../../infra/packing/bundle-programs.ts';
import { proposeRegions } from '../../../shared/regions/propose-regions.ts';
import { openProposer, type Proposer } from '../../../shared/regions/proposer.ts';
import { repository } from '../../support/cli.ts';
import { patchPicture } from '../../support/patch-picture.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const program = 'test/support/propose-in-thread.ts';
const [small, large] = [40, 60].map((width) => proposeRegions(patchPicture(width), { max: 5 }));

let proposer: Proposer;
const open = (threads: number) => {
  proposer = openProposer({ threads });
  return (width: number) => proposer.propose(patchPicture(width), { max: 5 });
};
afterEach(() => proposer.close());

/** The next thread that this program starts. */
function nextThread(): Promise<Worker> {
  return new Promise((resolve) => process.once('worker', resolve));
}

describe('proposing regions in threads', () => {
  it.each([1, 2])('gives each picture its regions, with %i threads', async (threads) => {
    const propose = open(threads);
    const widths = [40, 60, 40, 60, 60];
    expect(await Promise.all(widths.map(propose))).toEqual([small, large, small, large, large]);
    expect(small?.length).toBeGreaterThan(0);
  });

  it('moves the pixels to the thread', async () => {
    open(1);
    const picture = patchPicture(40);
    expect(await proposer.propose(picture, { max: 5 })).toEqual(small);
    expect(picture.pixels.byteLength).toBe(0);
  });

  it('leaves pixels alone that share their memory with others', async () => {
    open(1);
    const { pixels, ...size } = patchPicture(40);
    const slab = new Uint8Array(pixels.length + 100);
    slab.set(pixels, 50);
    const view = slab.subarray(50, 50 + pixels.length);
    expect(await proposer.propose({ pixels: view, ...size }, { max: 5 })).toEqual(small);
    expect(view).toEqual(pixels);
  });

  it('rejects a picture with too few pixels, and takes the next', async () => {
    const propose = open(1);
    const picture = { pixels: new Uint8Array(11), width: 2, height: 2 };
    await expect(proposer.propose(picture, { max: 5 })).rejects.toMatchObject({
      reason: 'internal',
      message: 'a picture of 2×2 has 12 bytes of RGB, not 11',
    });
    expect(await propose(40)).toEqual(small);
  });

  it('fails the picture of a thread that ends, and starts another for the next picture', async () => {
    const propose = open(1);
    const thread = nextThread();
    const [failed, next] = [propose(40), propose(60)];
    void thread.then((worker) => worker.terminate());
    await expect(failed).rejects.toMatchObject({
      reason: 'internal',
      message: 'the thread that proposes regions has ended',
    });
    expect(await next).toEqual(large);
  });

  it('fails pictures in progress and waiting ones when it is closed', async () => {
    const propose = open(1);
    const both = Promise.allSettled([propose(40), propose(60)]);
    await proposer.close();
    const stopped = {
      status: 'rejected',
      reason: expect.objectContaining({ reason: 'timeout', message: 'proposing regions has been stopped' }),
    };
    expect(await both).toEqual([stopped, stopped]);
    await expect(propose(40)).rejects.toMatchObject({ reason: 'timeout' });
  });

  it('does not keep a program running', () => {
    open(1);
    const output = execFileSync(process.execPath, [join(repository, program)]);
    expect(JSON.parse(`${output}`)).toEqual([small, large]);
  });

  it('works in a program that was bundled with its thread', () => {
    open(1);
    const folder = temporaryFolder();
    bundlePrograms(repository, [program, 'shared/regions/proposal-thread.ts'], folder);
    const output = execFileSync(process.execPath, [join(folder, 'propose-in-thread.mjs')], { cwd: folder });
    expect(JSON.parse(`${output}`)).toEqual([small, large]);
  });
});
