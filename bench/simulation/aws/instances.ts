import type { AssumedValues } from '../assumptions.ts';
import type { WorkersDefinition } from '../template/workers.ts';

export interface Instance {
  readonly startedAt: number;
  /** When it has joined the cluster. */
  readonly readyAt: number;
  /** When Spot ends it, if it was interrupted. */
  endsAt: number | undefined;
  /** Whether it has the worker's image. */
  hasImage: boolean;
  isBusy: boolean;
}

export interface InstancesProps {
  readonly definition: WorkersDefinition;
  readonly assumed: AssumedValues;
  readonly random: () => number;
  /** Whether EC2 has capacity. */
  readonly isAvailable: (now: number) => boolean;
}

/** The instances of a capacity provider: as many as the tasks need, some of them interrupted. */
export class Instances {
  readonly #props: InstancesProps;
  #all: Instance[] = [];
  #desired: number;
  /** Minutes for which fewer instances were needed than run. */
  #spareMinutes = 0;
  billedSeconds = 0;
  started = 0;
  interruptions = 0;
  /** The largest number at the same time. */
  maxCount = 0;

  constructor(props: InstancesProps) {
    this.#props = props;
    this.#desired = props.definition.minInstances;
  }

  get count(): number {
    return this.#all.length;
  }

  /** Instances that have started. */
  inService(now: number): number {
    return this.#all.filter(({ readyAt }) => readyAt <= now).length;
  }

  /** An instance for a task, if one is free. */
  claim(now: number): Instance | undefined {
    const free = this.#all.find(({ readyAt, isBusy, endsAt }) => readyAt <= now && !isBusy && endsAt === undefined);
    if (free) free.isBusy = true;
    return free;
  }

  /** The metric CapacityProviderReservation, percent, for this many tasks that run or wait for an instance. */
  reservation(tasks: number): number {
    if (this.count === 0) return tasks === 0 ? 100 : 200;
    return (100 * tasks) / this.count;
  }

  /** Managed scaling, once a minute. */
  scale(tasks: number): void {
    const { minInstances, maxInstances, scalingStep } = this.#props.definition;
    const bounded = (number: number) => Math.max(minInstances, Math.min(maxInstances, number));
    if (tasks > this.#desired) {
      const needed = this.#desired === 0 ? Math.max(tasks, this.#props.assumed.fromZero) : tasks;
      const step = Math.max(scalingStep.min, Math.min(scalingStep.max, needed - this.#desired));
      this.#desired = bounded(this.#desired + step);
    }
    this.#spareMinutes = tasks < this.count ? this.#spareMinutes + 1 : 0;
    if (this.#spareMinutes < this.#props.assumed.scaleInMinutes) return;
    this.#spareMinutes = 0;
    this.#desired = bounded(tasks);
    // Managed termination protection: instances with a task stay.
    for (const idle of this.#all.filter(({ isBusy }) => !isBusy).slice(0, this.count - this.#desired)) this.#end(idle);
  }

  /** Starts and interrupts instances. */
  advance(now: number, stepSeconds: number): void {
    const { assumed, definition, random, isAvailable } = this.#props;
    for (const instance of this.#all) if (instance.endsAt !== undefined && instance.endsAt <= now) this.#end(instance);
    this.billedSeconds += this.count * stepSeconds;
    const chance = (assumed.spotInterruptions * definition.spotShare * stepSeconds) / 3600;
    for (const instance of this.#all) {
      if (instance.endsAt !== undefined || random() >= chance) continue;
      instance.endsAt = now + assumed.spotNotice;
      this.interruptions += 1;
    }
    while (this.count < this.#desired && isAvailable(now)) {
      this.#all.push({
        startedAt: now,
        readyAt: now + assumed.instanceBoot,
        endsAt: undefined,
        hasImage: false,
        isBusy: false,
      });
      this.started += 1;
    }
    this.maxCount = Math.max(this.maxCount, this.count);
  }

  #end(ended: Instance): void {
    this.#all = this.#all.filter((instance) => instance !== ended);
  }
}
