import type { FunctionDefinition } from '../template/deployment.ts';
import { countOf, type Lot, type MessageQueue } from './message-queue.ts';

/** What became of the messages of an invocation. */
export type InvocationResult = 'done' | 'error';

/** Equal invocations that started together. */
export interface Invocations {
  readonly lots: readonly Lot[];
  readonly startedAt: number;
  readonly endsAt: number;
  readonly count: number;
  /** Of the account's concurrency. */
  readonly slots: number;
}

interface FunctionCounts {
  invocations: number;
  errors: number;
  throttles: number;
}

export interface PolledFunctionProps {
  readonly definition: FunctionDefinition;
  readonly queue: MessageQueue;
  readonly firstPollers: number;
  readonly pollersPerMinute: number;
  /** What is left of the account's concurrency. */
  readonly availableConcurrency: () => number;
  /** Seconds that an invocation with a number of messages takes. */
  readonly secondsFor: (messages: number) => number;
  /** Decides the result of invocations that would end in time. */
  readonly resultOf: (invocations: Invocations) => InvocationResult;
  /** Receives the messages of successful invocations, which are deleted. */
  readonly onDone: (lots: readonly Lot[]) => void;
}

/** A function that Lambda invokes with batches of a queue, through an event source mapping. */
export class PolledFunction {
  readonly definition: FunctionDefinition;
  readonly #props: PolledFunctionProps;
  #running: Invocations[] = [];
  /** Concurrency that Lambda has reached. */
  #pollers: number;
  /** Invocations that did not fit into a step completely, as a fraction of one. */
  #fraction = 0;
  #advancedAt = 0;
  /** Since the last reading. */
  #counts: FunctionCounts = { invocations: 0, errors: 0, throttles: 0 };
  /** In all. */
  billedSeconds = 0;
  invocations = 0;
  /** Messages that were delivered again while they were still processed. */
  duplicates = 0;

  constructor(props: PolledFunctionProps) {
    this.definition = props.definition;
    this.#props = props;
    this.#pollers = props.firstPollers;
  }

  /** Logical id of the queue. */
  get queueId(): string {
    return this.#props.queue.definition.id;
  }

  /** Invocations that run now. */
  get concurrency(): number {
    return this.#running.reduce((sum, { slots }) => sum + slots, 0);
  }

  /** What happened since the last call. */
  takeCounts(): FunctionCounts {
    const counts = this.#counts;
    this.#counts = { invocations: 0, errors: 0, throttles: 0 };
    return counts;
  }

  /** Ends the invocations that are over, and starts as many as fit before the next step. */
  advance(now: number, stepSeconds: number): void {
    for (const invocations of this.#running) if (invocations.endsAt <= now) this.#end(invocations);
    this.#running = this.#running.filter(({ endsAt }) => endsAt > now);
    this.#ramp(now);
    if (this.definition.enabled) this.#start(now, stepSeconds);
  }

  #ramp(now: number): void {
    const { queue, firstPollers, pollersPerMinute } = this.#props;
    const added = ((now - this.#advancedAt) / 60) * pollersPerMinute;
    this.#advancedAt = now;
    this.#pollers = queue.waiting > 0 ? Math.min(this.definition.maxConcurrency, this.#pollers + added) : firstPollers;
  }

  #start(now: number, stepSeconds: number): void {
    const { queue, secondsFor, availableConcurrency } = this.#props;
    const { batch, windowSeconds, timeoutSeconds, maxConcurrency } = this.definition;
    const wanted = Math.floor(Math.min(this.#pollers, maxConcurrency)) - this.concurrency;
    const isReady = queue.waiting >= batch || queue.waitingAge(now) >= windowSeconds;
    if (wanted <= 0 || queue.waiting === 0 || !isReady) return;
    // Lambda repeats throttled invocations until the visibility timeout ends, and so costs no attempt.
    const free = Math.min(wanted, availableConcurrency());
    this.#counts.throttles += Math.max(0, Math.min(wanted, Math.ceil(queue.waiting / batch)) - free);
    if (free <= 0) return;
    const messages = Math.min(batch, queue.waiting);
    const seconds = Math.min(secondsFor(messages), timeoutSeconds);
    const fit = free * Math.max(1, stepSeconds / seconds) + this.#fraction;
    const lots = queue.receive(Math.floor(fit) * batch);
    const received = countOf(lots);
    const count = Math.ceil(received / batch);
    if (count === 0) return;
    this.#fraction = Math.min(1, fit - Math.floor(fit));
    this.billedSeconds += count * seconds;
    this.invocations += count;
    this.#counts.invocations += count;
    const { visibilitySeconds } = queue.definition;
    // A function does not extend its messages: they are delivered again while it still works on them.
    this.duplicates += received * Math.floor(seconds / Math.max(1, visibilitySeconds));
    const slots = Math.ceil(count / Math.max(1, stepSeconds / seconds));
    this.#running.push({ lots, count, slots, startedAt: now, endsAt: now + Math.max(stepSeconds, seconds) });
  }

  #end(invocations: Invocations): void {
    const { queue, resultOf, onDone, firstPollers, secondsFor } = this.#props;
    const { lots, count, startedAt } = invocations;
    const isTooSlow = secondsFor(Math.ceil(countOf(lots) / count)) > this.definition.timeoutSeconds;
    if (isTooSlow || resultOf(invocations) === 'error') {
      this.#counts.errors += count;
      this.#pollers = firstPollers;
      queue.abandon(lots, startedAt);
      return;
    }
    queue.delete(lots);
    onDone(lots);
  }
}
