import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { errorCode } from '../../shared/stores/local/file-failure.ts';

export interface LockOptions {
  /** Called once if another process holds the lock. */
  readonly onWait: () => void;
  /** Ends the wait with its reason. */
  readonly stop?: AbortSignal | undefined;
}

const renewMs = 2000;
/** A holder renews its lock far more often, unless its machine sleeps. */
const staleMs = 60_000;
const pollMs = 200;

/**
 * Runs some work while nobody else that uses the same lock does, in this process or another. The lock only saves double
 * work: its file is ignored if its process has ended or does not renew it, so two processes may work at once after a machine
 * slept.
 * @param path of the lock file, in an existing folder
 */
export async function withLockFile<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const token = await acquire(path, options);
  // The lock may be another's by now; renewing that one does no harm, and a missing file is no reason to stop.
  const timer = setInterval(() => utimes(path, new Date(), new Date()).catch(() => {}), renewMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    const holder = await readHolder(path);
    if (holder?.token === token) await rm(path, { force: true });
  }
}

async function acquire(path: string, { onWait, stop }: LockOptions): Promise<string> {
  const token = randomUUID();
  const content = JSON.stringify({ pid: process.pid, host: hostname(), token } satisfies Holder);
  let seen = { modified: Number.NaN, since: performance.now() };
  for (let waits = false; ; waits = true) {
    try {
      await writeFile(path, content, { flag: 'wx' });
      return token;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    const modified = await modifiedAt(path);
    if (modified === undefined) continue;
    // Compared with this process's own clock: that of a network drive may differ.
    if (modified !== seen.modified) seen = { modified, since: performance.now() };
    if (performance.now() - seen.since > staleMs || hasEnded(await readHolder(path))) {
      await rm(path, { recursive: true, force: true });
      continue;
    }
    if (!waits) onWait();
    await delay(pollMs, undefined, { signal: stop }).catch(() => stop?.throwIfAborted());
  }
}

const holderSchema = z.object({ pid: z.int().positive(), host: z.string(), token: z.string() });

type Holder = Readonly<z.infer<typeof holderSchema>>;

/** Undefined for a file that is not written completely. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

/** True for a process of this machine that does not exist. */
function hasEnded(holder: Holder | undefined): boolean {
  return holder !== undefined && holder.host === hostname() && !isRunning(holder.pid);
}

/** True for a process of this machine, of any user. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

async function modifiedAt(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
}
