import type { OperateClients } from './clients.ts';
import { setEventSource } from './event-sources.ts';
import { setScaling } from './scaling.ts';
import { setStackPolicy } from './stack-policy.ts';
import { readStageStack } from './stage-stack.ts';
import type { Operation } from './stop.ts';

/**
 * Resumes a stopped stage: turns on what its template turns on. Workers start when the metrics of the crops queue or ingest
 * ask for them. Repeating it changes nothing.
 * @throws {UserError} if the stage is not deployed
 */
export async function resumeStage(clients: OperateClients, stage: string): Promise<Operation> {
  const { stackName, eventSources, workers } = await readStageStack(clients.cloudFormation, stage);
  const changes = [];
  if (workers) changes.push(await setScaling(clients.scaling, workers, true));
  for (const source of eventSources) {
    changes.push(await setEventSource(clients.lambda, clients.clock, source, source.enabled));
  }
  changes.push(await setStackPolicy(clients.cloudFormation, stackName, 'open'));
  const paused = eventSources.filter(({ enabled }) => !enabled).map(({ name }) => name);
  if (paused.length === 0) return { stack: stackName, changes };
  return {
    stack: stackName,
    changes,
    note: `${paused.join(' and ')} stays off: the file of the stage says "paused": true`,
  };
}
