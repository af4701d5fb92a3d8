import { ingestTimeoutSeconds } from '../../shared/deployment/defaults.ts';
import type { Change } from './change.ts';
import type { OperateClients } from './clients.ts';
import { setEventSource, settledSource } from './event-sources.ts';
import { desiredWorkers, endWorkers, setScaling } from './scaling.ts';
import { setStackPolicy } from './stack-policy.ts';
import { readStageStack, type StageStack, type Target } from './stage-stack.ts';

export interface Operation {
  readonly stack: string;
  readonly changes: readonly Change[];
  /** What is still to know, in one sentence. */
  readonly note?: string;
}

export interface StopOptions {
  /** Whether to end running workers. */
  readonly workers: boolean;
  /** Receives a line before a wait of minutes. */
  readonly onWait: (line: string) => void;
}

/** Milliseconds between looks at the workers: an instance needs minutes to start one. */
const watchMs = 15_000;

/**
 * Stops a stage without a deployment: functions receive no more messages, and no worker is started. Running workers finish
 * the crops that wait, and then end; with `workers` they end now. Messages wait in their queues for as long as those keep
 * them. Repeating it changes nothing.
 * @throws {UserError} if the stage is not deployed
 */
export async function stopStage(
  clients: OperateClients,
  target: Target,
  { workers: end, onWait }: StopOptions,
): Promise<Operation> {
  const stack = await readStageStack(clients.cloudFormation, target);
  const { stackName, eventSources, workers } = stack;
  const changes = [await setStackPolicy(clients.cloudFormation, stack, 'stopped')];
  for (const source of eventSources) {
    changes.push(await setEventSource(clients.lambda, clients.clock, source, false));
  }
  if (workers === undefined) return { stack: stackName, changes };
  changes.push(await setScaling(clients.scaling, workers, false));
  if (end) {
    changes.push(await endWorkers(clients.ecs, workers));
    await endStartedWorkers(clients, workers, eventSources, onWait);
    return { stack: stackName, changes };
  }
  const running = await desiredWorkers(clients.ecs, workers);
  if (running === 0) return { stack: stackName, changes };
  return {
    stack: stackName,
    changes,
    note: `${running} workers process the crops that wait; give --workers to end them now`,
  };
}

/**
 * Ends the workers that running ingest functions start: they set the number of workers themselves, which suspended scaling
 * does not prevent, until the last one that received messages has ended or timed out.
 */
async function endStartedWorkers(
  { lambda, ecs, clock }: OperateClients,
  workers: NonNullable<StageStack['workers']>,
  eventSources: StageStack['eventSources'],
  onWait: StopOptions['onWait'],
): Promise<void> {
  const settled = [];
  for (const source of eventSources) settled.push(await settledSource(lambda, clock, source));
  const until = Math.max(...settled.map(({ changedAt }) => changedAt)) + ingestTimeoutSeconds * 1000;
  const minutes = Math.ceil((until - clock.now()) / 60_000);
  if (minutes > 0)
    onWait(`waiting up to ${minutes} minutes for ingest functions that still run: they may start a worker`);
  while (clock.now() < until) {
    await clock.sleep(watchMs);
    await endWorkers(ecs, workers);
  }
}
