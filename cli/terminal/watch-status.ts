import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';
import { escapeControls } from '../../results/export/escape-controls.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Status } from '../engine/status/progress.ts';
import { NoImagesYet } from '../engine/status/read-status.ts';
import { progressLines } from './print-status.ts';

export interface WatchOptions {
  /** @throws {NoImagesYet} while the store has no images */
  readonly read: () => Promise<Status>;
  /** Formats a status as one line, for output that is not a terminal. */
  readonly line: (status: Status) => string;
  readonly output: Writable & { readonly columns?: number; readonly rows?: number };
  /** Whether each status replaces the previous one on a terminal. */
  readonly redraw: boolean;
  readonly stop: AbortSignal;
  /** Milliseconds between two reads. @default 2000 */
  readonly everyMs?: number;
}

const lineEveryMs = 10_000;
/** Consecutive reads that may fail after a successful one: an outage of half a minute. */
const maxFailures = 15;

/**
 * Shows the status periodically until no image is pending, or until it is stopped.
 * @returns false if it was stopped
 * @throws {UserError} if the first read fails, or too many in a row
 */
export async function watchStatus({
  read,
  line,
  output,
  redraw,
  stop: stopped,
  everyMs = 2000,
}: WatchOptions): Promise<boolean> {
  const shown = redraw ? redrawing(output) : lines(output, line);
  const unread = new AbortController();
  // The reader closed the pipe, as `head` does.
  output.once('error', () => unread.abort());
  const stop = AbortSignal.any([stopped, unread.signal]);
  let failuresLeft = 0;
  try {
    while (!stop.aborted) {
      const started = performance.now();
      const status = await read().catch((error: unknown) => {
        if (error instanceof NoImagesYet) return error;
        failuresLeft -= 1;
        if (error instanceof UserError && failuresLeft >= 0) return error;
        throw error;
      });
      if (!(status instanceof UserError) || status instanceof NoImagesYet) failuresLeft = maxFailures;
      const isComplete = !(status instanceof UserError) && status.pending === 0;
      shown.show(status, isComplete);
      if (isComplete) return true;
      // A slow read must not load the store more than half of the time.
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
      // A terminal of unknown size reports 0.
      const [columns, rows] = [output.columns || 80, output.rows || 24];
      const text = status instanceof UserError ? [status.message] : progressLines(status);
      // Lines that do not fit would scroll and could not be overwritten.
      const fitting = text.length < rows ? text : [...text.slice(0, rows - 3), '…', text.at(-1) ?? ''];
      const cut = fitting.map((each) => escapeControls(stripVTControlCharacters(each)).slice(0, columns - 1));
      const back = drawn === 0 ? '' : `\u001b[${drawn}A`;
      output.write(`${back}\r\u001b[0J${cut.join('\n')}\n`);
      drawn = cut.length;
    },
    end: () => output.write('\u001b[?25h'),
  };
}

/** Prints changes at most every ten seconds, and the final status. */
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
      output.write(`${escapeControls(line(status))}\n`);
    },
    end: () => {},
  };
}
