import { z } from 'zod';

/** A worker's task that ended in an error, could not be started, or failed its health checks. */
export interface StoppedWorker {
  /** The last segment of the task's ARN. */
  readonly task: string;
  /** @example `EssentialContainerExited` */
  readonly stopCode: string | undefined;
  /** The reason that ECS gives. */
  readonly reason: string | undefined;
  /** Undefined if no container has started. */
  readonly exitCode: number | undefined;
}

export interface WatchPorts {
  /** Returns the events that the bucket no longer sends to the uploads queue. */
  readonly missingNotifications: () => Promise<readonly string[]>;
  /** Sends a request to the queue whose metrics are needed at any time: SQS reports none of an unused queue. */
  readonly useQueue: () => Promise<void>;
}

export interface WatchObserver {
  checkedNotifications(missing: readonly string[]): void;
  workerFailed(worker: StoppedWorker): void;
}

const scheduled = z.object({ source: z.literal('aws.events') });

const stoppedTask = z.object({
  source: z.literal('aws.ecs'),
  detail: z.object({
    taskArn: z.string(),
    stopCode: z.string().optional(),
    stoppedReason: z.string().optional(),
    containers: z.array(z.object({ exitCode: z.int().optional() })).default([]),
  }),
});

const watchEvent = z.union([scheduled, stoppedTask]);

/**
 * Handles events of EventBridge about what has no metric of its own: a schedule, on which the notifications of the watched
 * bucket are checked and the queue is used, and stopped tasks of workers, which the rule selects.
 * @throws when the event is another one, the notifications cannot be read, or the queue cannot be used
 */
export function watchHandler(ports: WatchPorts, observer: WatchObserver): (event: unknown) => Promise<void> {
  return async (event) => {
    const parsed = watchEvent.parse(event);
    if (parsed.source === 'aws.events') {
      observer.checkedNotifications(await ports.missingNotifications());
      await ports.useQueue();
      return;
    }
    const { taskArn, stopCode, stoppedReason: reason, containers } = parsed.detail;
    const exitCode = containers.find((container) => container.exitCode !== undefined)?.exitCode;
    observer.workerFailed({ task: taskArn.slice(taskArn.lastIndexOf('/') + 1), stopCode, reason, exitCode });
  };
}
