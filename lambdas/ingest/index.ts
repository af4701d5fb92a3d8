import { readEnvironment } from '../../shared/deployment/environment.ts';
import type { BatchResponse } from '../../shared/events/sqs-event.ts';
import { once } from '../../shared/flow/once.ts';
import { ingestEnvironment } from './config.ts';
import { ingestHandler } from './handler.ts';
import { openIngestPorts } from './open-ports.ts';
import { openIngestTelemetry } from './telemetry.ts';

const { trace, begin, observe, warn } = openIngestTelemetry();
const open = once(async () => {
  const ports = await openIngestPorts(readEnvironment(ingestEnvironment, process.env), (error) => {
    warn('workers could not be started', error);
  });
  return ingestHandler({ ...ports, trace }, observe);
});

/** Entry point of the ingest function on Lambda. */
export async function handler(event: unknown, context: unknown): Promise<BatchResponse> {
  begin(context);
  const ingest = await open();
  return ingest(event, context);
}
