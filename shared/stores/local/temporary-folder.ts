import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../failures/user-error.ts';
import { once } from '../../flow/once.ts';
import { diskProblem } from './file-failure.ts';
import { removeOnSignal } from './remove-on-signal.ts';

export interface TemporaryFolder {
  readonly path: string;
  remove(): Promise<void>;
}

const prefix = 'inception-batch-';
/** Age from which folders of dead processes are removed: a younger one may be of another container, with other ids. */
const leftoverMs = 3_600_000;
/** A folder in use is touched this often: writing in a folder below it does not change its own time. */
const touchEveryMs = 300_000;

/**
 * Creates a folder below TMPDIR, named for its purpose and this process. It is removed when a signal ends the process; folders
 * of processes that were killed are removed an hour later.
 * @throws {UserError} if TMPDIR cannot be written
 */
export async function makeTemporaryFolder(purpose: string): Promise<TemporaryFolder> {
  await cleanOnce();
  const path = join(tmpdir(), `${prefix}${purpose}-${process.pid}-${randomBytes(6).toString('hex')}`);
  const forget = removeOnSignal(path);
  try {
    // Without a pause after the line above, so that no signal finds a folder that it does not remove.
    mkdirSync(path, { mode: 0o700 });
  } catch (cause) {
    forget();
    const problem = diskProblem(cause) ?? (cause instanceof Error ? cause.message : String(cause));
    throw new UserError(`temporary files cannot be written to ${tmpdir()}: ${problem}, or set TMPDIR`, { cause });
  }
  const touching = setInterval(() => touch(path), touchEveryMs).unref();
  return {
    path,
    async remove() {
      clearInterval(touching);
      await rm(path, { recursive: true, force: true });
      forget();
    },
  };
}

/** Best effort: a folder that another program removed cannot be touched. */
function touch(path: string): void {
  const now = new Date();
  utimes(path, now, now).catch(() => undefined);
}

const cleanOnce = once(() => removeLeftovers(tmpdir()));

/** Best effort: folders of other users cannot be removed, and another process may remove the same ones. */
async function removeLeftovers(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const [, pid] = /^inception-batch-[a-z]+-(\d+)-[^-]+$/.exec(name) ?? [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    const path = join(parent, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats === undefined || Date.now() - stats.mtimeMs < leftoverMs) continue;
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // A process of another user answers EPERM.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
