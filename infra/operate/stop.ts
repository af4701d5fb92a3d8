import { ingestTimeoutSeconds } from '../../shared/deployment/defaults.ts';
import type { Change, FailedStep } from './change.ts';
import type { OperateClients } from './clients.ts';
import { setEventSource, settledSource } from './event-sources.ts';
import { desiredWorkers, endWorkers, setScaling } from './scaling.ts';
import { setStackPolicy } from './stack-policy.ts';
import { type EventSource, readStageStack, type StageStack, type Target } from './stage-stack.ts';
import { Steps } from './steps.ts';

export interface Operation {
  readonly stack: string;
  readonly changes: readonly Change[];
  /** What could not be changed. Repeating the command tries it again. */
  readonly failures: readonly FailedStep[];
  /** What is still to know, in one sentence. */
  readonly note?: string;
}

export interface StopOptions {
  /** Whether to end running workers. */
  readonly workers: boolean;
  /** Receives a line before a wait of minutes. */
  readonly onWait: (line: string) => void;
}

/** Names of what the commands change. */
export const resources = {
  policy: 'deployments that would resume it',
  scaling: 'scaling that starts workers',
  workers: 'desired workers',
  eventSource: ({ name }: EventSource) => `event source of ${name}`,
};

/** Milliseconds between looks at the workers: an instance needs minutes to start one. */
const watchMs = 15_000;

/**
 * Stops a stage without a deployment: functions receive no more messages, and no worker is started. Running workers finish
 * the crops that wait, and then end; with `workers` they end now. Messages wait in their queues for as long as those keep
 * them. Repeating it changes nothing. All steps are tried; `failures` has those that failed.
 * @throws {UserError} if the stage is not deployed
 */
export async function stopStage(
  clients: OperateClients,
  target: Target,
  { workers: end, onWait }: StopOptions,
): Promise<Operation> {
  const stack = await readStageStack(clients.cloudFormation, target);
  const { stackName, eventSources, workers } = stack;
  const steps = new Steps();
  const { changes, failures } = steps;
  await steps.try(resources.policy, () => setStackPolicy(clients.cloudFormation, stack, 'stopped'));
  for (const source of eventSources) {
    await steps.try(resources.eventSource(source), () => setEventSource(clients.lambda, clients.clock, source, false));
  }
  if (workers === undefined) return { stack: stackName, changes, failures };
  await steps.try(resources.scaling, () => setScaling(clients.scaling, workers, false));
  if (end) {
    await steps.try(resources.workers, () => endWorkers(clients.ecs, workers));
    await steps.try('workers that ingest starts meanwhile', () =>
      endStartedWorkers(clients, workers, eventSources, onWait),
    );
    return { stack: stackName, changes, failures };
  }
  let running = 0;
  await steps.try(resources.workers, async () => {
    running = await desiredWorkers(clients.ecs, workers);
    return undefined;
  });
  if (running === 0) return { stack: stackName, changes, failures };
  return {
    ...{ stack: stackName, changes, failures },
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
): Promise<undefined> {
  let changedAt = 0;
  for (const source of eventSources) {
    changedAt = Math.max(changedAt, (await settledSource(lambda, clock, source)).changedAt);
  }
  const until = changedAt + ingestTimeoutSeconds * 1000;
  const minutes = Math.ceil((until - clock.now()) / 60_000);
  if (minutes > 0) {
    onWait(`waiting up to ${minutes} minutes for ingest functions that still run: they may start a worker`);
  }
  while (clock.now() < until) {
    await clock.sleep(watchMs);
    await endWorkers(ecs, workers);
  }
}
