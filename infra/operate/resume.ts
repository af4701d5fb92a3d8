import type { OperateClients } from './clients.ts';
import { setEventSource } from './event-sources.ts';
import { setScaling } from './scaling.ts';
import { setStackPolicy } from './stack-policy.ts';
import { readStageStack, type Target } from './stage-stack.ts';
import { Steps } from './steps.ts';
import { type Operation, resources } from './stop.ts';

/**
 * Resumes a stopped stage: turns on what its template turns on. Workers start when the metrics of the crops queue or ingest
 * ask for them. Repeating it changes nothing. All steps are tried; `failures` has those that failed.
 * @throws {UserError} if the stage is not deployed
 */
export async function resumeStage(clients: OperateClients, target: Target): Promise<Operation> {
  const stack = await readStageStack(clients.cloudFormation, target);
  const { stackName, eventSources, workers } = stack;
  const steps = new Steps();
  if (workers) await steps.try(resources.scaling, () => setScaling(clients.scaling, workers, true));
  for (const source of eventSources) {
    await steps.try(resources.eventSource(source), () =>
      setEventSource(clients.lambda, clients.clock, source, source.enabled),
    );
  }
  await steps.try(resources.policy, () => setStackPolicy(clients.cloudFormation, stack, 'open'));
  const paused = eventSources.filter(({ enabled }) => !enabled).map(({ name }) => name);
  const { changes, failures } = steps;
  if (paused.length === 0) return { stack: stackName, changes, failures };
  return {
    ...{ stack: stackName, changes, failures },
    note: `${paused.join(' and ')} stays off: the stage is deployed with "paused": true`,
  };
}
