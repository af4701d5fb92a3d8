import type { ScalingPolicy } from '../template/workers.ts';

/** A change of the desired number of workers. */
export interface CapacityChange {
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

/** The step scaling of Application Auto Scaling, with the adjustment type ExactCapacity. */
export class StepScaling {
  readonly #limits: { readonly min: number; readonly max: number };
  #desired = 0;
  #scaledOut: { readonly at: number; readonly cooldown: number; readonly to: number } | undefined;
  #scaledIn: { readonly at: number; readonly cooldown: number } | undefined;
  readonly changes: CapacityChange[] = [];

  constructor(limits: { readonly min: number; readonly max: number }) {
    this.#limits = limits;
    this.#desired = limits.min;
  }

  get desired(): number {
    return this.#desired;
  }

  /** Sets the number as a caller of ECS does. */
  set(capacity: number, now: number): void {
    if (capacity !== this.#desired) this.changes.push({ at: now, from: this.#desired, to: capacity });
    this.#desired = capacity;
  }

  /**
   * Runs the policies of alarms that are on. The one with the most capacity counts; a cooldown after scaling out only lets a
   * larger number through, one after scaling in delays the next scaling in.
   * @param breaches the policies, with the distance of the alarm's value from its threshold
   */
  run(breaches: readonly { readonly policy: ScalingPolicy; readonly distance: number }[], now: number): void {
    const proposals = breaches.flatMap(({ policy, distance }) => {
      const step = policy.steps.find(({ lower, upper }) => distance >= lower && distance < upper);
      return step === undefined ? [] : [{ capacity: this.#bounded(step.capacity), cooldown: policy.cooldownSeconds }];
    });
    const [best] = proposals.toSorted((a, b) => b.capacity - a.capacity);
    if (best === undefined || best.capacity === this.#desired) return;
    const { capacity, cooldown } = best;
    if (capacity > this.#desired) {
      const last = this.#scaledOut;
      if (last && now < last.at + last.cooldown && capacity <= last.to) return;
      this.#scaledOut = { at: now, cooldown, to: capacity };
      this.#scaledIn = undefined;
    } else {
      if (this.#scaledIn && now < this.#scaledIn.at + this.#scaledIn.cooldown) return;
      this.#scaledIn = { at: now, cooldown };
      this.#scaledOut = undefined;
    }
    this.set(capacity, now);
  }

  #bounded(capacity: number): number {
    return Math.max(this.#limits.min, Math.min(this.#limits.max, capacity));
  }
}
