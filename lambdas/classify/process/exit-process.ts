import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../../shared/inference/session.ts';

/**
 * Exits once the session is idle: exiting while the runtime computes would abort the process like a crash. If the session
 * is not idle in time, the process kills itself.
 * @param session undefined if none is open
 * @param timeoutMs how long a running batch may take, milliseconds
 */
export async function exitProcess(code: number, session: Pick<Session, 'close'> | undefined, timeoutMs: number) {
  const closed = (session?.close() ?? Promise.resolve()).then(() => true);
  const isClosed = await Promise.race([closed, sleep(timeoutMs, false)]);
  if (isClosed) process.exit(code);
  process.kill(process.pid, 'SIGKILL');
}
