import { DescribeServicesCommand, type ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { Queue } from '../../shared/stores/ports.ts';

/** A service of ECS. */
export interface EcsService {
  readonly cluster: string;
  readonly service: string;
}

export interface WakeOptions {
  /** Told of a request that failed; crops are sent all the same, and the metrics of the queue wake the workers later. */
  readonly onFailure: (error: unknown) => void;
  /** How long the answer to whether workers are wanted counts, milliseconds. @default a minute */
  readonly everyMs?: number;
  readonly now?: () => number;
}

/**
 * A queue that starts the first worker once crops were sent and none is wanted yet. CloudWatch would see these crops
 * minutes later: up to fifteen where the queue has been still for hours. How many workers are wanted beyond the first
 * is for scaling to say.
 */
export function wakeWorkersOnSend(
  crops: Pick<Queue<CropMessage>, 'send'>,
  ecs: Pick<ECSClient, 'send'>,
  place: EcsService,
  { onFailure, everyMs = 60_000, now = () => performance.now() }: WakeOptions,
): Pick<Queue<CropMessage>, 'send'> {
  let asked = Number.NEGATIVE_INFINITY;
  return {
    async send(bodies) {
      const refused = await crops.send(bodies);
      if (refused.length === bodies.length || now() - asked < everyMs) return refused;
      asked = now();
      await wake(ecs, place).catch((error: unknown) => {
        asked = Number.NEGATIVE_INFINITY;
        onFailure(error);
      });
      return refused;
    },
  };
}

async function wake(ecs: Pick<ECSClient, 'send'>, { cluster, service }: EcsService): Promise<void> {
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  const [described] = services;
  if (described === undefined) throw new Error(`there is no service ${service} in the cluster ${cluster}`);
  if (described.desiredCount !== 0) return;
  await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: 1 }));
}
