import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Status } from '../engine/status/progress.ts';
import { NoImagesYet } from '../engine/status/read-status.ts';
import { progressLines } from './print-status.ts';

export interface WatchOptions {
  /** @throws {NoImagesYet} while there is nothing to tell of yet */
  readonly look: () => Promise<Status>;
  /** What one look is written as where nobody watches a terminal: one line. */
  readonly line: (status: Status) => string;
  readonly output: Writable & { readonly columns?: number; readonly rows?: number };
  /** Whether what is shown is redrawn in its place. */
  readonly redraw: boolean;
  readonly stop: AbortSignal;
  /** Milliseconds from one look to the next. @default 2000 */
  readonly everyMs?: number;
}

const lineEveryMs = 10_000;
/** Looks in a row that may fail once one has succeeded: a service may be away for half a minute. */
const maxFailures = 15;

/**
 * Looks again and again until no image is pending, or until stopped.
 * @returns whether it ended by itself
 * @throws {UserError} when the first look fails, or many in a row
 */
export async function watchStatus({
  look,
  line,
  output,
  redraw,
  stop: stopped,
  everyMs = 2000,
}: WatchOptions): Promise<boolean> {
  const shown = redraw ? redrawing(output) : lines(output, line);
  const unread = new AbortController();
  // A reader that has seen enough, as `head` does.
  output.once('error', () => unread.abort());
  const stop = AbortSignal.any([stopped, unread.signal]);
  let failuresLeft = 0;
  try {
    while (!stop.aborted) {
      const started = performance.now();
      const status = await look().catch((error: unknown) => {
        if (error instanceof NoImagesYet) return error;
        failuresLeft -= 1;
        if (error instanceof UserError && failuresLeft >= 0) return error;
        throw error;
      });
      if (!(status instanceof UserError) || status instanceof NoImagesYet) failuresLeft = maxFailures;
      const isComplete = !(status instanceof UserError) && status.pending === 0;
      shown.show(status, isComplete);
      if (isComplete) return true;
      // Of a store that takes long to look at, half of the time is left to others.
      await sleep(Math.max(everyMs, performance.now() - started), undefined, { signal: stop }).catch(() => {});
    }
    return false;
  } finally {
    shown.end();
  }
}

interface Shown {
  show(status: Status | UserError, isLast: boolean): void;
  end(): void;
}

function redrawing(output: WatchOptions['output']): Shown {
  let drawn = 0;
  output.write('\u001b[?25l');
  return {
    show(status) {
      // A terminal that does not know its size says that it is 0.
      const [columns, rows] = [output.columns || 80, output.rows || 24];
      const text = status instanceof UserError ? [status.message] : progressLines(status);
      // What does not fit would scroll, and could not be drawn over.
      const fitting = text.length < rows ? text : [...text.slice(0, rows - 3), '…', text.at(-1) ?? ''];
      const cut = fitting.map((own) => stripVTControlCharacters(own).slice(0, columns - 1));
      const back = drawn === 0 ? '' : `\u001b[${drawn}A`;
      output.write(`${back}\r\u001b[0J${cut.join('\n')}\n`);
      drawn = cut.length;
    },
    end: () => output.write('\u001b[?25h'),
  };
}

/** What changed, at most every ten seconds, and what it came to. */
function lines(output: Writable, line: (status: Status) => string): Shown {
  let last = '';
  let next = 0;
  return {
    show(status, isLast) {
      if (status instanceof UserError) {
        if (last !== status.message) console.error(status.message);
        last = status.message;
        return;
      }
      const state = JSON.stringify([status.total, status.counts, status.pending, status.queues]);
      if (!isLast && (state === last || performance.now() < next)) return;
      last = state;
      next = performance.now() + lineEveryMs;
      output.write(`${line(status)}\n`);
    },
    end: () => {},
  };
}
