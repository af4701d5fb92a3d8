import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Status } from '../../../cli/engine/status/progress.ts';
import { NoImagesYet } from '../../../cli/engine/status/read-status.ts';
import { watchStatus } from '../../../cli/terminal/watch-status.ts';
import { UserError } from '../../../shared/failures/user-error.ts';

const statusWith = (pending: number): Status => {
  const classified = 9 - pending;
  const counts = { classified, rejected: 0, deleted: 0, reasons: [] };
  const rates = { seconds: 0, imagesPerSecond: null, recentPerSecond: 0, secondsLeft: null, waiting: null };
  const times = { first: null, last: null };
  return {
    ...{ job: 'photos', store: 'store', total: 9, pending, counts, images: classified, ...rates, ...times },
    ...{ jobs: [], queues: [], stopped: [], watching: [], computed: undefined },
  };
};

/** Watches a status that is read with these outcomes; the last one repeats. */
async function watch(...outcomes: readonly (Status | Error)[]): Promise<{ ended: unknown; reads: number }> {
  let reads = 0;
  const ended = await watchStatus({
    read: async () => {
      const outcome = outcomes[Math.min(reads, outcomes.length - 1)];
      reads += 1;
      if (outcome === undefined || outcome instanceof Error) throw outcome;
      return outcome;
    },
    line: ({ pending }) => String(pending),
    output: new Writable({ write: (_, _encoding, done) => done() }),
    redraw: false,
    stop: new AbortController().signal,
    everyMs: 0,
  }).catch((error: unknown) => error);
  return { ended, reads };
}

describe('watchStatus', () => {
  const away = new UserError('the bucket cannot be listed');

  it('waits for the first images, and ends when nothing is pending', async () => {
    const nothing = new NoImagesYet('no results in store');
    expect(await watch(...Array.from({ length: 40 }, () => nothing), statusWith(3), statusWith(0))).toEqual({
      ended: true,
      reads: 42,
    });
  });

  it('ends at once if the first read fails', async () => {
    expect(await watch(away, statusWith(0))).toEqual({ ended: away, reads: 1 });
  });

  it('continues after a few failed reads, and ends after too many in a row', async () => {
    const few = Array.from({ length: 10 }, () => away);
    expect(await watch(statusWith(3), ...few, statusWith(2), ...few, statusWith(0))).toMatchObject({ ended: true });
    expect(await watch(statusWith(3), away)).toEqual({ ended: away, reads: 17 });
  });
});
