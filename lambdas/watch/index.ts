import { readEnvironment } from '../../shared/deployment/environment.ts';
import { once } from '../../shared/flow/once.ts';
import { watchEnvironment } from './config.ts';
import { watchHandler } from './handler.ts';
import { openWatchPorts } from './open-ports.ts';
import { openWatchTelemetry } from './telemetry.ts';

const { begin, observer } = openWatchTelemetry();
const open = once(async () => watchHandler(openWatchPorts(readEnvironment(watchEnvironment, process.env)), observer));

/** Entry point of the watch function on Lambda. */
export async function handler(event: unknown, context: unknown): Promise<void> {
  begin(context);
  const watch = await open();
  await watch(event);
}
