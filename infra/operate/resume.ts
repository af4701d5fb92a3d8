import type { OperateClients } from './clients.ts';
import { setEventSource } from './event-sources.ts';
import { setScaling } from './scaling.ts';
import { setStackPolicy } from './stack-policy.ts';
import { readStageStack, type Target } from './stage-stack.ts';
import type { Operation } from './stop.ts';

/**
 * Resumes a stopped stage: turns on what its template turns on. Workers start when the metrics of the crops queue or ingest
 * ask for them. Repeating it changes nothing.
 * @throws {UserError} if the stage is not deployed
 */
export async function resumeStage(clients: OperateClients, target: Target): Promise<Operation> {
  const stack = await readStageStack(clients.cloudFormation, target);
  const { stackName, eventSources, workers } = stack;
  const changes = [];
  if (workers) changes.push(await setScaling(clients.scaling, workers, true));
  for (const source of eventSources) {
    changes.push(await setEventSource(clients.lambda, clients.clock, source, source.enabled));
  }
  changes.push(await setStackPolicy(clients.cloudFormation, stack, 'open'));
  const paused = eventSources.filter(({ enabled }) => !enabled).map(({ name }) => name);
  if (paused.length === 0) return { stack: stackName, changes };
  return {
    stack: stackName,
    changes,
    note: `${paused.join(' and ')} stays off: the stage is deployed with "paused": true`,
  };
}
