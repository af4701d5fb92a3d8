import { readEnvironment } from '../../shared/deployment/environment.ts';
import type { BatchResponse } from '../../shared/events/sqs-event.ts';
import { once } from '../../shared/flow/once.ts';
import { SessionLost } from '../../shared/inference/session-lost.ts';
import { classifyEnvironment } from './config.ts';
import { classifyHandler } from './handler.ts';
import { openClassifyPorts } from './open-ports.ts';
import { openClassifyTelemetry } from './telemetry/function-telemetry.ts';

const { begin, observe } = openClassifyTelemetry();
const open = once(async () => {
  return classifyHandler(await openClassifyPorts(readEnvironment(classifyEnvironment, process.env)), observe);
});

/** Entry point of the classify function on Lambda, for small volumes. */
export async function handler(event: unknown, context: unknown): Promise<BatchResponse> {
  begin(context);
  const classify = await open();
  return classify(event).catch((error: unknown) => {
    // This process cannot classify any more; Lambda starts another.
    if (error instanceof SessionLost) process.exit(1);
    throw error;
  });
}
