import type { FunctionDefinition } from '../template/deployment.ts';
import { countOf, type Lot, type MessageQueue } from './message-queue.ts';

/** What became of the messages of an invocation. */
export type InvocationResult = 'done' | 'error';

/** Equal invocations that started together. */
export interface Invocations {
  readonly lots: readonly Lot[];
  /** When the first of their messages was received. */
  readonly receivedAt: number;
  readonly endsAt: number;
  readonly count: number;
  /** Of the account's concurrency. */
  readonly slots: number;
}

/** A batch that Lambda has received and may not run yet. */
interface ThrottledBatch {
  readonly lots: readonly Lot[];
  readonly receivedAt: number;
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
  /** Oldest first. */
  #throttled: ThrottledBatch[] = [];
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
    this.#endThrottled(now);
    this.#ramp(now);
    if (this.definition.enabled) this.#start(now, stepSeconds);
  }

  #ramp(now: number): void {
    const { queue, firstPollers, pollersPerMinute } = this.#props;
    const added = ((now - this.#advancedAt) / 60) * pollersPerMinute;
    this.#advancedAt = now;
    this.#pollers = queue.waiting > 0 ? Math.min(this.definition.maxConcurrency, this.#pollers + added) : firstPollers;
  }

  /**
   * Lambda repeats a throttled invocation until the visibility timeout of its batch ends. Then the messages are delivered
   * again: an attempt is lost.
   */
  #endThrottled(now: number): void {
    const { queue } = this.#props;
    const isOver = ({ receivedAt }: ThrottledBatch) => receivedAt + queue.definition.visibilitySeconds <= now;
    for (const { lots, receivedAt } of this.#throttled.filter(isOver)) queue.abandon(lots, receivedAt);
    this.#throttled = this.#throttled.filter((batch) => !isOver(batch));
  }

  /** Runs throttled batches, then new ones, with the concurrency that is left; receives what the other pollers hold. */
  #start(now: number, stepSeconds: number): void {
    const { queue, secondsFor, availableConcurrency } = this.#props;
    const { batch, windowSeconds, timeoutSeconds, maxConcurrency } = this.definition;
    const pollers = Math.floor(Math.min(this.#pollers, maxConcurrency)) - this.concurrency;
    const isReady = queue.waiting > 0 && (queue.waiting >= batch || queue.waitingAge(now) >= windowSeconds);
    if (pollers <= 0 || (!isReady && this.#throttled.length === 0)) return;
    const free = Math.min(pollers, availableConcurrency());
    if (free > 0) {
      const messages = this.#throttled.length > 0 ? batch : Math.min(batch, queue.waiting);
      const seconds = Math.min(secondsFor(messages), timeoutSeconds);
      const fit = free * Math.max(1, stepSeconds / seconds) + this.#fraction;
      const repeated = this.#throttled.splice(0, Math.floor(fit));
      const lots = isReady ? queue.receive((Math.floor(fit) - repeated.length) * batch) : [];
      const count = repeated.length + Math.ceil(countOf(lots) / batch);
      if (count === 0) return;
      this.#fraction = Math.min(1, fit - Math.floor(fit));
      this.#run([...repeated, { lots, receivedAt: now }], { count, seconds, now, stepSeconds });
    }
    const held = isReady ? pollers - free : 0;
    while (this.#throttled.length < held && queue.waiting > 0) {
      const lots = queue.receive(batch);
      if (lots.length === 0) break;
      this.#throttled.push({ lots, receivedAt: now });
    }
    this.#counts.throttles += this.#throttled.length;
  }

  #run(
    batches: readonly ThrottledBatch[],
    { count, seconds, now, stepSeconds }: Record<'count' | 'seconds' | 'now' | 'stepSeconds', number>,
  ): void {
    this.billedSeconds += count * seconds;
    this.invocations += count;
    this.#counts.invocations += count;
    const { visibilitySeconds } = this.#props.queue.definition;
    for (const { lots, receivedAt } of batches) {
      // A function does not extend its messages: they are delivered again while it still works on them.
      const deliveries = Math.floor((now - receivedAt + seconds) / Math.max(1, visibilitySeconds));
      this.duplicates += countOf(lots) * deliveries;
    }
    this.#running.push({
      lots: batches.flatMap(({ lots }) => lots),
      receivedAt: Math.min(...batches.map(({ receivedAt }) => receivedAt)),
      count,
      slots: Math.ceil(count / Math.max(1, stepSeconds / seconds)),
      endsAt: now + Math.max(stepSeconds, seconds),
    });
  }

  #end(invocations: Invocations): void {
    const { queue, resultOf, onDone, firstPollers, secondsFor } = this.#props;
    const { lots, count, receivedAt } = invocations;
    const isTooSlow = secondsFor(Math.ceil(countOf(lots) / count)) > this.definition.timeoutSeconds;
    if (isTooSlow || resultOf(invocations) === 'error') {
      this.#counts.errors += count;
      this.#pollers = firstPollers;
      queue.abandon(lots, receivedAt);
      return;
    }
    queue.delete(lots);
    onDone(lots);
  }
}
