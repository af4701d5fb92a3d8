import { DescribeServicesCommand, type ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import type { Queue } from '../../shared/stores/ports.ts';

export interface EcsService {
  readonly cluster: string;
  readonly service: string;
}

export interface WakeOptions {
  /** Receives the error of a failed request. The crops are sent anyway, and the queue's metrics start workers later. */
  readonly onFailure: (error: unknown) => void;
  /** Time between checks of the service, milliseconds. @default one minute */
  readonly intervalMs?: number;
  readonly now?: () => number;
}

/**
 * Wraps the crops queue: sending starts the first worker if the service has none. CloudWatch notices the crops
 * minutes later. Scaling decides about further workers.
 */
export function wakeWorkersOnSend(
  crops: Pick<Queue<CropMessage>, 'send'>,
  ecs: Pick<ECSClient, 'send'>,
  service: EcsService,
  { onFailure, intervalMs = 60_000, now = () => performance.now() }: WakeOptions,
): Pick<Queue<CropMessage>, 'send'> {
  let checkedAt = Number.NEGATIVE_INFINITY;
  return {
    async send(bodies) {
      const refused = await crops.send(bodies);
      if (refused.length === bodies.length || now() - checkedAt < intervalMs) return refused;
      checkedAt = now();
      await startFirstWorker(ecs, service).catch((error: unknown) => {
        checkedAt = Number.NEGATIVE_INFINITY;
        onFailure(error);
      });
      return refused;
    },
  };
}

async function startFirstWorker(ecs: Pick<ECSClient, 'send'>, { cluster, service }: EcsService): Promise<void> {
  const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  const [described] = services;
  if (described === undefined) throw new Error(`cluster ${cluster} has no service ${service}`);
  if (described.desiredCount !== 0) return;
  await ecs.send(new UpdateServiceCommand({ cluster, service, desiredCount: 1 }));
}
