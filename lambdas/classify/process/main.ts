import { partRows } from '../../../shared/deployment/defaults.ts';
import { readEnvironment } from '../../../shared/deployment/environment.ts';
import { describeSession } from '../../../shared/inference/accelerator/describe-session.ts';
import type { Session } from '../../../shared/inference/session.ts';
import { workerEnvironment } from '../config.ts';
import { openClassifyPorts } from '../open-ports.ts';
import { openWorkerTelemetry } from '../telemetry/worker-telemetry.ts';
import { combineObservers, noObserver } from '../worker/observer.ts';
import { runWorker } from '../worker/worker.ts';
import { defaultPollers } from './default-pollers.ts';
import { exitOnError } from './exit-on-error.ts';
import { exitProcess } from './exit-process.ts';
import { openWorkerStatus } from './worker-status.ts';

// Entry point of the container: runs until it is stopped, then finishes the messages that it holds, within its grace time.
const abandon = new AbortController();
let working: Promise<void> | undefined;
let session: Session | undefined;
process.on('uncaughtException', (error) => {
  // While it exits. If nothing reads the log, reporting an error is another error, without end.
  if (abandon.signal.aborted) return;
  // Held messages return to the queue first.
  abandon.abort();
  exitOnError(error, { working, session });
});
const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    // A second signal ends the process at once: held messages reappear when their visibility ends.
    if (stop.signal.aborted) void exitProcess(1, session, 2_000);
    else stop.abort();
  });
}

const environment = readEnvironment(workerEnvironment, process.env);
const { logger, observer } = openWorkerTelemetry();
const status = await openWorkerStatus(environment, stop.signal, (error) => {
  logger.warn('task protection failed', { error: String(error) });
});
const ports = await openClassifyPorts(environment, { isWorker: true });
({ session } = ports);
status.loaded(ports);
const { provider, parallel: lanes, report } = session;
logger.info('started', { model: ports.model.id, provider, lanes, ...report, accelerator: describeSession(session) });
working = runWorker(ports, {
  pollers: defaultPollers(provider, lanes),
  batchAgeMs: 100,
  partRows,
  partAgeMs: environment.PART_AGE_MS,
  graceMs: environment.GRACE_MS,
  stop: stop.signal,
  abandon: abandon.signal,
  inputEnded: new AbortController().signal,
  recordFinalAttempts: true,
  observer: combineObservers(observer, status.observer, {
    ...noObserver,
    retrying: (what, { reason, message }) => logger.warn(`retrying: ${what}`, { reason, error: message }),
    refused: (request, { reason, message }) => logger.warn(`refused: ${request}`, { reason, error: message }),
  }),
});
await working;
await status.close();
logger.info('stopped');
await exitProcess(abandon.signal.aborted ? 1 : 0, session, 10_000);
