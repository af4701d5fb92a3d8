import type { z } from 'zod';
import type { workerEnvironment } from '../config.ts';
import type { WorkerPorts } from '../ports.ts';
import type { WorkerObserver } from '../worker/observer.ts';
import { openHealth } from './health.ts';
import { openTaskProtection } from './task-protection.ts';

/** What the world around a container sees of its worker: its health, and whether its task may be ended. */
export interface WorkerStatus {
  readonly observer: WorkerObserver;
  /** Everything is open: work begins. */
  loaded(ports: Pick<WorkerPorts, 'session' | 'model'>): void;
  /** The last thing before the process ends. */
  close(): Promise<void>;
}

/**
 * @param stop aborted when the worker is told to stop
 * @param onFailure told of each failure of the protection, which stops no work
 * @throws {UserError} when the health endpoint's port is taken
 */
export async function openWorkerStatus(
  environment: Pick<z.output<typeof workerEnvironment>, 'HEALTH_PORT' | 'STALLED_AFTER_MS' | 'ECS_AGENT_URI'>,
  stop: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<WorkerStatus> {
  const { HEALTH_PORT: port, STALLED_AFTER_MS: stalledAfterMs, ECS_AGENT_URI: agentUri } = environment;
  const health = await openHealth({ port: port === 0 ? undefined : port, stalledAfterMs });
  // A worker that shows no sign of life for so long is replaced as unhealthy: nothing that is well takes longer.
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
      // Each part that is stored changes what is held, which is told by itself.
      stored() {},
    },
    loaded: ({ session, model }) => health.loaded({ provider: session.provider, model: model.id }),
    async close() {
      await protection.stop();
      await health.close();
    },
  };
}
