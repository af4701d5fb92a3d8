import { watchedEvents } from '../../../lambdas/watch/missing-notifications.ts';
import { alarmingFaults } from '../../../shared/failures/failure.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { Alarm } from '../aws/alarm.ts';
import { MetricStore } from '../aws/metric-store.ts';
import type { ScalingPolicy } from '../template/workers.ts';
import { costsOf } from './costs.ts';
import { metricNames, QueueMetrics } from './metrics.ts';
import type { SimulationState } from './state.ts';

/** An alarm for people that went off. */
export interface RaisedAlarm {
  /** The logical id in the template. */
  readonly id: string;
  /** Seconds from the start of the simulation. */
  readonly at: number;
  /** When it ended, if it did. */
  endedAt: number | undefined;
}

const hour = 3600;

/** CloudWatch: metrics of the simulation, and the alarms of the template over them. */
export class Watch {
  readonly #simulation: SimulationState;
  readonly #metrics: MetricStore;
  readonly #names: ReturnType<typeof metricNames>;
  readonly #queues: ReadonlyMap<string, QueueMetrics>;
  readonly #alarms: readonly Alarm[];
  readonly #policies: ReadonlyMap<string, ScalingPolicy>;
  /** By hour. */
  readonly #costs: { readonly at: number; readonly dollars: number }[] = [];
  readonly raised: RaisedAlarm[] = [];

  constructor(simulation: SimulationState) {
    const { deployment, assumed, queues } = simulation;
    const { alarms, workers } = deployment;
    this.#simulation = simulation;
    const longest = Math.max(...alarms.map((alarm) => alarm.periodSeconds * (alarm.evaluationPeriods + 4)));
    this.#metrics = new MetricStore({ delaySeconds: assumed.metricDelay, keptMinutes: Math.ceil(longest / 60) + 20 });
    this.#names = metricNames(deployment);
    const activity = { inactiveAfter: assumed.queueInactive, activationDelay: assumed.queueActivation };
    this.#queues = new Map(Array.from(queues, ([id, queue]) => [id, new QueueMetrics(queue, this.#metrics, activity)]));
    this.#policies = new Map((workers?.policies ?? []).map((policy) => [policy.id, policy]));
    this.#alarms = alarms.map((definition) => new Alarm(definition));
    this.#declare();
    this.#checkMetrics();
  }

  /** Whether an alarm for people is on. */
  get hasAlarm(): boolean {
    return this.raised.some(({ endedAt }) => endedAt === undefined);
  }

  /** Metrics of the minute that ends now. */
  publish(): void {
    const { time, service, instances, ingest, classify, jobs, deployment } = this.#simulation;
    const { now } = time;
    const at = now - 1;
    const metrics = this.#metrics;
    const { activeQueue } = deployment.watch;
    const polled = new Set([ingest, jobs, ...(classify ? [classify] : [])].map(({ queueId }) => queueId));
    for (const [id, queue] of this.#queues) {
      const isPolled =
        polled.has(id) || id === activeQueue || (id === deployment.crops.id && (service?.running(now) ?? 0) > 0);
      queue.publish(metrics, now, isPolled);
    }
    for (const polledFunction of [ingest, jobs, ...(classify ? [classify] : [])]) {
      const { invocations, errors, throttles } = polledFunction.takeCounts();
      if (invocations + errors + throttles === 0) continue;
      const { id } = polledFunction.definition;
      metrics.add(this.#names.ofFunction(id, 'Invocations'), invocations, at);
      metrics.add(this.#names.ofFunction(id, 'Errors'), errors, at);
      metrics.add(this.#names.ofFunction(id, 'Throttles'), throttles, at);
    }
    this.#publishPrograms(at);
    const running = service?.running(now) ?? 0;
    if (this.#names.cpu && running > 0) metrics.add(this.#names.cpu, 50, at, { samples: running });
    if (this.#names.reservation && service && instances) {
      metrics.add(this.#names.reservation, instances.reservation(service.tasks), at);
    }
    if (this.#names.inService && instances) metrics.add(this.#names.inService, instances.inService(now), at);
  }

  /** Metrics of ingest, the classifier and the watch function. */
  #publishPrograms(at: number): void {
    const { progress, deployment, time, isNotified } = this.#simulation;
    const { ingest, classify, watch, ofFunction } = this.#names;
    const metrics = this.#metrics;
    const { sent, classified, rejected } = progress.takeMinute();
    if (sent + rejected > 0) {
      metrics.add(ingest('ImagesSent'), sent, at);
      metrics.add(ingest('ImagesFinished'), sent + rejected, at);
      metrics.add(ingest('ImagesRejected', { fault: 'access' }), rejected, at);
      metrics.add(ingest('ImagesRejected', { fault: 'deployment' }), 0, at);
    }
    if (classified > 0) {
      metrics.add(classify('ImagesStored'), classified, at);
      for (const fault of alarmingFaults) metrics.add(classify('ImagesRejected', { fault }), 0, at);
    }
    const exits = this.#simulation.takeExits();
    if (exits > 0) metrics.add(watch('WorkersFailed'), exits, at);
    if (time.now % deployment.watch.everySeconds === 0) {
      metrics.add(watch('NotificationsMissing'), isNotified ? 0 : watchedEvents.length, at);
      metrics.add(ofFunction(deployment.watch.id, 'Invocations'), 1, at);
      metrics.add(ofFunction(deployment.watch.id, 'Errors'), 0, at);
    }
  }

  /** Budgets notify once, when AWS knows the costs. */
  #checkBudgets(now: number): void {
    const { deployment, assumed } = this.#simulation;
    if (deployment.budgets.length === 0 || now % hour !== 0) return;
    this.#costs.push({ at: now, dollars: costsOf(this.#simulation).dollars });
    const known = this.#costs.findLast(({ at }) => at + assumed.budgetUpdate <= now)?.dollars ?? 0;
    for (const { id, dollars, shares } of deployment.budgets) {
      for (const share of shares) {
        const name = `${id} ${share * 100} %`;
        if (known < share * dollars || this.raised.some((alarm) => alarm.id === name)) continue;
        this.raised.push({ id: name, at: now, endedAt: now });
      }
    }
  }

  /**
   * Evaluates all alarms.
   * @returns the policies of alarms that are on, with the distance of the alarm's value from its threshold
   */
  evaluate(): { readonly policy: ScalingPolicy; readonly distance: number }[] {
    const { now } = this.#simulation.time;
    this.#checkBudgets(now);
    return this.#alarms.flatMap((alarm) => {
      const wasOn = alarm.isOn;
      alarm.evaluate(this.#metrics, now);
      const { id, actions, threshold } = alarm.definition;
      const policies = actions.flatMap((action) => this.#policies.get(action) ?? []);
      if (alarm.isOn !== wasOn && policies.length === 0) {
        if (alarm.isOn) this.raised.push({ id, at: now, endedAt: undefined });
        else this.#end(id, now);
      }
      return alarm.isOn ? policies.map((policy) => ({ policy, distance: alarm.value - threshold })) : [];
    });
  }

  #end(id: string, now: number): void {
    const raised = this.raised.findLast((alarm) => alarm.id === id);
    if (raised) raised.endedAt = now;
  }

  /** Metrics that exist although nothing is published yet. */
  #declare(): void {
    const { ofFunction, ingest, classify, watch, cpu, reservation, inService } = this.#names;
    for (const id of this.#simulation.deployment.functions) {
      for (const name of ['Invocations', 'Errors', 'Throttles', 'Duration'])
        this.#metrics.declare(ofFunction(id, name));
    }
    for (const name of ['ImagesSent', 'ImagesFinished']) this.#metrics.declare(ingest(name));
    this.#metrics.declare(classify('ImagesStored'));
    for (const fault of alarmingFaults) {
      for (const program of [ingest, classify]) this.#metrics.declare(program('ImagesRejected', { fault }));
    }
    for (const name of ['NotificationsMissing', 'WorkersFailed']) this.#metrics.declare(watch(name));
    for (const name of [cpu, reservation, inService]) if (name) this.#metrics.declare(name);
  }

  /** @throws {UserError} if an alarm watches a metric that nothing publishes */
  #checkMetrics(): void {
    for (const { id, inputs } of this.#simulation.deployment.alarms) {
      for (const input of inputs) {
        if (!('metric' in input) || this.#metrics.isKnown(input.metric)) continue;
        const { namespace, name, dimensions } = input.metric;
        throw new UserError(
          `the alarm ${id} watches ${namespace} ${name} ${JSON.stringify(dimensions)}, which nothing publishes`,
        );
      }
    }
  }
}
