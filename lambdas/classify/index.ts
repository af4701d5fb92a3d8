import { readEnvironment } from '../../shared/environment.ts';
import { once } from '../../shared/once.ts';
import type { BatchResponse } from '../../shared/sqs-event.ts';
import { classifyEnvironment } from './config.ts';
import { classifyHandler } from './handler.ts';
import { openClassifyPorts } from './open-ports.ts';

const open = once(async () =>
  classifyHandler(await openClassifyPorts(readEnvironment(classifyEnvironment, process.env))),
);

/** Entry point of the classify function on Lambda, for small volumes. */
export async function handler(event: unknown): Promise<BatchResponse> {
  const classify = await open();
  return classify(event);
}
