import type { Change } from './change.ts';
import type { OperateClients } from './clients.ts';
import { setEventSource } from './event-sources.ts';
import { desiredWorkers, endWorkers, setScaling } from './scaling.ts';
import { setStackPolicy } from './stack-policy.ts';
import { readStageStack } from './stage-stack.ts';

export interface Operation {
  readonly stack: string;
  readonly changes: readonly Change[];
  /** What is still to know, in one sentence. */
  readonly note?: string;
}

/**
 * Stops a stage without a deployment: functions receive no more messages, and no worker is started. Running workers finish
 * the crops that wait, and then end; with `workers` they end now. Messages wait in their queues for as long as those keep
 * them. Repeating it changes nothing.
 * @throws {UserError} if the stage is not deployed
 */
export async function stopStage(
  clients: OperateClients,
  stage: string,
  { workers: end }: { readonly workers: boolean },
): Promise<Operation> {
  const { stackName, eventSources, workers } = await readStageStack(clients.cloudFormation, stage);
  const changes = [await setStackPolicy(clients.cloudFormation, stackName, 'stopped')];
  for (const source of eventSources) changes.push(await setEventSource(clients.lambda, source, false));
  if (workers === undefined) return { stack: stackName, changes };
  changes.push(await setScaling(clients.scaling, workers, false));
  if (end) return { stack: stackName, changes: [...changes, await endWorkers(clients.ecs, workers)] };
  const running = await desiredWorkers(clients.ecs, workers);
  if (running === 0) return { stack: stackName, changes };
  return {
    stack: stackName,
    changes,
    note: `${running} workers process the crops that wait; give --workers to end them now`,
  };
}
