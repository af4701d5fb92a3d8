import type { z } from 'zod';
import type { workerEnvironment } from '../config.ts';
import type { WorkerPorts } from '../ports.ts';
import type { WorkerObserver } from '../worker/observer.ts';
import { openHealth } from './serve-health.ts';
import { openTaskProtection } from './task-protection.ts';

/** What the container's supervisors see of the worker: its health endpoint and the protection of its ECS task. */
export interface WorkerStatus {
  readonly observer: WorkerObserver;
  /** Reports that the worker is ready. */
  loaded(ports: Pick<WorkerPorts, 'session' | 'model'>): void;
  close(): Promise<void>;
}

/**
 * @param stop aborted when the worker has to stop
 * @param onFailure receives each failure of the task protection; work continues
 * @throws {UserError} when the health endpoint's port is taken
 */
export async function openWorkerStatus(
  environment: Pick<z.output<typeof workerEnvironment>, 'HEALTH_PORT' | 'STALLED_AFTER_MS' | 'ECS_AGENT_URI'>,
  stop: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<WorkerStatus> {
  const { HEALTH_PORT: port, STALLED_AFTER_MS: stalledAfterMs, ECS_AGENT_URI: agentUri } = environment;
  const health = await openHealth({ port: port === 0 ? undefined : port, stalledAfterMs });
  // A worker without progress for this long is replaced as unhealthy, so no batch takes longer.
  const protection = openTaskProtection({ agentUri, longestBatchMs: stalledAfterMs, onFailure });
  if (stop.aborted) health.stopping();
  stop.addEventListener('abort', () => health.stopping());
  return {
    observer: {
      holding(messages) {
        health.progress(messages);
        if (messages > 0) protection.busy();
        else protection.idle();
      },
      ran: () => health.batch(),
      // Storing changes the number of held messages, which `holding` reports.
      stored() {},
    },
    loaded: ({ session, model }) => health.loaded({ provider: session.provider, model: model.id }),
    async close() {
      await protection.stop();
      await health.close();
    },
  };
}
