import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Change } from './change.ts';
import type { EventSource } from './stage-stack.ts';

/**
 * Turns an event source on or off. Messages wait in their queue while it is off; what a function has received is finished.
 * @throws {UserError} if an earlier change of it is still in progress
 */
export async function setEventSource(
  client: LambdaClient,
  { name, uuid }: EventSource,
  enabled: boolean,
): Promise<Change> {
  const { State = '' } = await client.send(new GetEventSourceMappingCommand({ UUID: uuid }));
  const before = /^(Enabled|Enabling)$/.test(State) ? 'on' : 'off';
  const after = enabled ? 'on' : 'off';
  const change = { resource: `event source of ${name}`, before, after };
  if (before === after) return change;
  await client.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: enabled })).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== 'ResourceInUseException') throw error;
    throw new UserError(`the event source of ${name} is still being changed (${State}): try again in a minute`);
  });
  return change;
}
