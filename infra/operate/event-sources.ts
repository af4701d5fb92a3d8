import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Transition } from './change.ts';
import type { Clock } from './clock.ts';
import type { EventSource } from './stage-stack.ts';

const [pollMs, pollsAtMost] = [2000, 90];

/** A settled event source. While Lambda creates or updates it, it is neither on nor off, and cannot be changed. */
interface SettledSource {
  readonly on: boolean;
  /** Milliseconds since 1970: when its state changed last; 0 if it is deleted. */
  readonly changedAt: number;
}

/**
 * Waits until an event source is on or off. Lambda applies a change within a minute or so.
 * @throws {UserError} if it is still being changed after three minutes
 */
export async function settledSource(
  client: LambdaClient,
  clock: Clock,
  { name, uuid }: EventSource,
): Promise<SettledSource> {
  let state: string | undefined;
  for (let poll = 0; poll < pollsAtMost; poll++) {
    const found = await client.send(new GetEventSourceMappingCommand({ UUID: uuid })).catch(nothingIfDeleted);
    if (found === undefined || found.State === 'Deleting') return { on: false, changedAt: 0 };
    state = found.State;
    const changedAt = found.LastModified?.getTime() ?? clock.now();
    if (state === 'Enabled' || state === 'Disabled') return { on: state === 'Enabled', changedAt };
    await clock.sleep(pollMs);
  }
  throw beingChanged(name, state);
}

/**
 * Turns an event source on or off. Messages wait in their queue while it is off; what a function has received is finished.
 * @throws {UserError} if another change of it is in progress
 */
export async function setEventSource(
  client: LambdaClient,
  clock: Clock,
  source: EventSource,
  enabled: boolean,
): Promise<Transition> {
  const { on } = await settledSource(client, clock, source);
  const [before, after] = [on ? 'on' : 'off', enabled ? 'on' : 'off'];
  if (on === enabled) return { before, after };
  const request = new UpdateEventSourceMappingCommand({ UUID: source.uuid, Enabled: enabled });
  await client.send(request).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== 'ResourceInUseException') throw error;
    throw beingChanged(source.name, 'in use');
  });
  return { before, after };
}

/** A stack whose deletion has failed lacks some of its resources. */
function nothingIfDeleted(error: unknown): undefined {
  if (!(error instanceof Error) || error.name !== 'ResourceNotFoundException') throw error;
}

function beingChanged(name: string, state = 'no state'): UserError {
  return new UserError(`the event source of ${name} is still being changed (${state}): repeat the command in a minute`);
}
