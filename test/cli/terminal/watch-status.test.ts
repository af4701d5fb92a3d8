import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../../cli/engine/status/progress.ts';
import { NoImagesYet } from '../../../cli/engine/status/read-status.ts';
import { watchStatus } from '../../../cli/terminal/watch-status.ts';
import { UserError } from '../../../shared/failures/user-error.ts';

const standing = (pending: number): Status => {
  const classified = 9 - pending;
  const counts = { classified, rejected: 0, deleted: 0, reasons: [] };
  const rates = { seconds: 0, imagesPerSecond: null, recentPerSecond: 0, secondsLeft: null };
  const times = { first: null, last: null };
  return {
    ...{ job: 'photos', store: 'store', total: 9, pending, counts, images: classified, ...rates, ...times },
    ...{ jobs: [], queues: [], computed: undefined },
  };
};

/** Watches looks that come out so, one after the other; the last one goes on for ever. */
async function watch(...looks: readonly (Status | Error)[]): Promise<{ ended: unknown; looked: number }> {
  let looked = 0;
  const ended = await watchStatus({
    look: async () => {
      const outcome = looks[Math.min(looked, looks.length - 1)];
      looked += 1;
      if (outcome === undefined || outcome instanceof Error) throw outcome;
      return outcome;
    },
    line: ({ pending }) => String(pending),
    output: new Writable({ write: (_, _encoding, done) => done() }),
    redraw: false,
    stop: new AbortController().signal,
    everyMs: 0,
  }).catch((error: unknown) => error);
  return { ended, looked };
}

describe('watching', () => {
  const away = new UserError('the bucket cannot be listed');

  it('waits for what is not there yet, and ends once nothing is pending', async () => {
    const nothing = new NoImagesYet('no results in store');
    expect(await watch(...Array.from({ length: 40 }, () => nothing), standing(3), standing(0))).toEqual({
      ended: true,
      looked: 42,
    });
  });

  it('ends at once where the first look cannot be had', async () => {
    expect(await watch(away, standing(0))).toEqual({ ended: away, looked: 1 });
  });

  it('goes on when a few looks fail later, and ends when many do in a row', async () => {
    const few = Array.from({ length: 10 }, () => away);
    expect(await watch(standing(3), ...few, standing(2), ...few, standing(0))).toMatchObject({ ended: true });
    expect(await watch(standing(3), away)).toEqual({ ended: away, looked: 17 });
  });
});
