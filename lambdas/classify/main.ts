import { readEnvironment } from '../../shared/environment.ts';
import { workerEnvironment } from './config.ts';
import { openClassifyPorts } from './open-ports.ts';
import { runWorker } from './worker.ts';

// Entry point of the container: works until it is told to stop, then finishes what it holds.
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
process.once('SIGINT', () => stop.abort());

const environment = readEnvironment(workerEnvironment, process.env);
const ports = await openClassifyPorts(environment);
await runWorker(ports, {
  pollers: environment.POLLERS,
  batchAgeMs: environment.BATCH_AGE_MS,
  partRows: environment.PART_ROWS,
  partAgeMs: environment.PART_AGE_MS,
  stop: stop.signal,
  inputEnded: new AbortController().signal,
});
await ports.session.close();
