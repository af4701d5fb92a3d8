import type { MessageQueue } from '../aws/message-queue.ts';
import type { MetricStore } from '../aws/metric-store.ts';
import type { MetricName } from '../template/alarms.ts';
import type { Deployment } from '../template/deployment.ts';

/** A metric of a queue. */
function queueMetric(queue: string, name: string): MetricName {
  return { namespace: 'AWS/SQS', name, dimensions: { QueueName: queue } };
}

/** Publishes the metrics of one queue, while SQS counts it as active. */
export class QueueMetrics {
  readonly #queue: MessageQueue;
  readonly #names: Record<'visible' | 'held' | 'age' | 'sent' | 'received' | 'deleted', MetricName>;
  readonly #inactiveAfter: number;
  readonly #delay: number;
  /** The time of the last message or request. */
  #usedAt = Number.NEGATIVE_INFINITY;
  #activeFrom = 0;
  #last = { sent: 0, received: 0, deleted: 0 };

  constructor(
    queue: MessageQueue,
    metrics: MetricStore,
    { inactiveAfter, activationDelay }: { readonly inactiveAfter: number; readonly activationDelay: number },
  ) {
    const { id } = queue.definition;
    this.#queue = queue;
    this.#inactiveAfter = inactiveAfter;
    this.#delay = activationDelay;
    this.#names = {
      visible: queueMetric(id, 'ApproximateNumberOfMessagesVisible'),
      held: queueMetric(id, 'ApproximateNumberOfMessagesNotVisible'),
      age: queueMetric(id, 'ApproximateAgeOfOldestMessage'),
      sent: queueMetric(id, 'NumberOfMessagesSent'),
      received: queueMetric(id, 'NumberOfMessagesReceived'),
      deleted: queueMetric(id, 'NumberOfMessagesDeleted'),
    };
    for (const name of Object.values(this.#names)) metrics.declare(name);
  }

  /** @param isPolled whether something requests messages */
  publish(metrics: MetricStore, now: number, isPolled: boolean): void {
    const { counts, waiting, held } = this.#queue;
    if (isPolled || waiting > 0 || held > 0 || counts.sent > this.#last.sent) {
      // Queues that are always polled have been active before the simulation.
      const wasActive = now - this.#usedAt < this.#inactiveAfter || (isPolled && this.#usedAt < 0 && now <= 60);
      if (!wasActive) this.#activeFrom = now + this.#delay;
      this.#usedAt = now;
    }
    const { sent, received, deleted } = this.#last;
    this.#last = { sent: counts.sent, received: counts.received, deleted: counts.deleted };
    if (now - this.#usedAt >= this.#inactiveAfter) return;
    const options = { notBefore: this.#activeFrom };
    // The minute that ends now.
    const at = now - 1;
    metrics.add(this.#names.visible, waiting, at, options);
    // SQS reports these two only if there is something to report.
    if (held > 0) metrics.add(this.#names.held, held, at, options);
    const age = this.#queue.reportedAge(now);
    if (age !== undefined) metrics.add(this.#names.age, age, at, options);
    metrics.add(this.#names.sent, counts.sent - sent, at, options);
    metrics.add(this.#names.received, counts.received - received, at, options);
    metrics.add(this.#names.deleted, counts.deleted - deleted, at, options);
  }
}

/** Metrics of functions, of the service and of the programs, by their names in the template. */
export function metricNames({ namespace, workers }: Deployment) {
  const program =
    (service: 'ingest' | 'classify' | 'watch') =>
    (name: string, dimensions: Record<string, string> = {}) => ({
      namespace,
      name,
      dimensions: { service, ...dimensions },
    });
  return {
    ofFunction: (id: string, name: string): MetricName => ({
      namespace: 'AWS/Lambda',
      name,
      dimensions: { FunctionName: id },
    }),
    ingest: program('ingest'),
    classify: program('classify'),
    watch: program('watch'),
    inService: workers && {
      namespace: 'AWS/AutoScaling',
      name: 'GroupInServiceInstances',
      dimensions: { AutoScalingGroupName: workers.group },
    },
    cpu: workers && {
      namespace: 'AWS/ECS',
      name: 'CPUUtilization',
      dimensions: { ClusterName: workers.cluster, ServiceName: workers.service },
    },
    reservation: workers && {
      namespace: 'AWS/ECS/ManagedScaling',
      name: 'CapacityProviderReservation',
      dimensions: { CapacityProviderName: workers.capacityProvider, ClusterName: workers.cluster },
    },
  };
}
