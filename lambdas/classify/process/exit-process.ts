import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../../shared/inference/session.ts';

/**
 * Ends the process with an exit code once its session computes nothing any more: torn down while the runtime is at work,
 * the process would abort, as if it had crashed. What takes too long is not waited for, and the process is killed.
 * @param session undefined where none was opened
 * @param patienceMs what a batch may take until then, milliseconds
 */
export async function exitProcess(code: number, session: Pick<Session, 'close'> | undefined, patienceMs: number) {
  const closed = (session?.close() ?? Promise.resolve()).then(() => true);
  const isClosed = await Promise.race([closed, sleep(patienceMs, false)]);
  if (isClosed) process.exit(code);
  process.kill(process.pid, 'SIGKILL');
}
