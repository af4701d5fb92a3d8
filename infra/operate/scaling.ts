import {
  type ApplicationAutoScalingClient,
  DescribeScalableTargetsCommand,
  RegisterScalableTargetCommand,
} from '@aws-sdk/client-application-auto-scaling';
import {
  DescribeServicesCommand,
  type ECSClient,
  paginateListTasks,
  StopTaskCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Transition } from './change.ts';
import type { StageStack } from './stage-stack.ts';

type Workers = NonNullable<StageStack['workers']>;

/**
 * Suspends or resumes the scaling that starts workers. The scaling that ends idle ones stays: workers that have processed
 * the remaining crops would otherwise run, and cost money, until somebody remembers them.
 */
export async function setScaling(
  client: ApplicationAutoScalingClient,
  { cluster, service }: Workers,
  active: boolean,
): Promise<Transition> {
  const target = {
    ServiceNamespace: 'ecs',
    ResourceId: `service/${cluster}/${service}`,
    ScalableDimension: 'ecs:service:DesiredCount',
  } as const;
  const { ScalableTargets = [] } = await client.send(
    new DescribeScalableTargetsCommand({ ServiceNamespace: 'ecs', ResourceIds: [target.ResourceId] }),
  );
  const [found] = ScalableTargets;
  if (found === undefined) {
    if (active) throw new UserError(`${target.ResourceId} has no scaling: deploy the stage`);
    return { before: 'deleted', after: 'deleted' };
  }
  const before = found.SuspendedState?.DynamicScalingOutSuspended ? 'suspended' : 'active';
  const after = active ? 'active' : 'suspended';
  if (before !== after) {
    // Without capacities, those of the template stay.
    await client.send(
      new RegisterScalableTargetCommand({ ...target, SuspendedState: { DynamicScalingOutSuspended: !active } }),
    );
  }
  return { before, after };
}

/**
 * Ends all workers. Those that hold messages are protected from a smaller number of workers, so each task is stopped: it
 * returns the messages that it holds, or finishes them within its grace period.
 */
export async function endWorkers(client: ECSClient, workers: Workers): Promise<Transition> {
  const { cluster, service } = workers;
  const before = await desiredWorkers(client, workers);
  if (before > 0) await client.send(new UpdateServiceCommand({ ...workers, desiredCount: 0 }));
  for await (const { taskArns = [] } of paginateListTasks({ client }, { cluster, serviceName: service })) {
    for (const task of taskArns) await client.send(new StopTaskCommand({ cluster, task, reason: 'npm run stop' }));
  }
  return { before: String(before), after: '0' };
}

export async function desiredWorkers(client: ECSClient, { cluster, service }: Workers): Promise<number> {
  const { services = [] } = await client.send(new DescribeServicesCommand({ cluster, services: [service] }));
  const [described] = services;
  if (described?.desiredCount === undefined) throw new Error(`cluster ${cluster} has no service ${service}`);
  return described.desiredCount;
}
