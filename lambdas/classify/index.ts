import { readEnvironment } from '../../shared/environment.ts';
import { once } from '../../shared/once.ts';
import { SessionLost } from '../../shared/session-lost.ts';
import type { BatchResponse } from '../../shared/sqs-event.ts';
import { classifyEnvironment } from './config.ts';
import { openFunctionTelemetry } from './function-telemetry.ts';
import { classifyHandler } from './handler.ts';
import { openClassifyPorts } from './open-ports.ts';

const { begin, observe } = openFunctionTelemetry();
const open = once(async () => {
  return classifyHandler(await openClassifyPorts(readEnvironment(classifyEnvironment, process.env)), observe);
});

/** Entry point of the classify function on Lambda, for small volumes. */
export async function handler(event: unknown, context: unknown): Promise<BatchResponse> {
  begin(context);
  const classify = await open();
  return classify(event).catch((error: unknown) => {
    // Nothing in this process can classify any more: Lambda starts another.
    if (error instanceof SessionLost) process.exit(1);
    throw error;
  });
}
