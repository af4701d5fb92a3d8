import type { AssumedValues } from '../assumptions.ts';
import type { Instance, Instances } from './instances.ts';
import { countOf, type Lot, type MessageQueue } from './message-queue.ts';

interface Task {
  readonly instance: Instance;
  /** When the worker receives its first message. */
  readonly runsAt: number;
  /** Messages that it received in the last step. */
  held: readonly Lot[];
  lastMessageAt: number;
  /** Crops of a second that did not fit into a step. */
  fraction: number;
}

export interface ServiceProps {
  readonly instances: Instances;
  readonly queue: MessageQueue;
  readonly assumed: AssumedValues;
  /** Messages per second of one worker. */
  readonly rate: number;
  /** Whether a task that starts now exits with an error. */
  readonly crashes: (now: number) => boolean;
  /** A task ended with an error, or was ended because it was unhealthy. */
  readonly onExit: () => void;
  /** Whether workers store no rows. */
  readonly hangs: boolean;
  /** Receives messages whose rows are stored; they are deleted. */
  readonly onDone: (lots: readonly Lot[]) => void;
}

/** Workers as tasks of an ECS service, one per instance. */
export class Service {
  readonly #props: ServiceProps;
  #tasks: Task[] = [];
  #waiting = 0;
  #nextStart = 0;
  /** Seconds of all workers with messages. */
  busySeconds = 0;

  constructor(props: ServiceProps) {
    this.#props = props;
  }

  /** Tasks that run or wait for an instance. */
  get tasks(): number {
    return this.#tasks.length + this.#waiting;
  }

  running(now: number): number {
    return this.#tasks.filter(({ runsAt }) => runsAt <= now).length;
  }

  advance(desired: number, now: number, stepSeconds: number): void {
    this.#endInterrupted();
    this.#scaleIn(desired, now);
    this.#waiting = Math.max(0, desired - this.#tasks.length);
    this.#place(now);
    this.#crash(now);
    for (const task of this.#tasks) if (task.runsAt <= now) this.#work(task, now, stepSeconds);
  }

  /** A worker stores the rows of what it holds and receives the next messages. */
  #work(task: Task, now: number, stepSeconds: number): void {
    const { queue, rate, onDone } = this.#props;
    if (this.#props.hangs && task.held.length > 0) {
      if (now < task.lastMessageAt + this.#props.assumed.stalled) return;
      this.#stop(task);
      this.#props.onExit();
      return;
    }
    this.busySeconds += Math.min(stepSeconds, countOf(task.held) / rate);
    queue.delete(task.held);
    onDone(task.held);
    const room = rate * stepSeconds + task.fraction;
    task.held = queue.receive(Math.floor(room));
    task.fraction = Math.min(1, room - Math.floor(room));
    if (task.held.length > 0) task.lastMessageAt = now;
  }

  /** Workers stop within their grace period and return what they hold. */
  #endInterrupted(): void {
    for (const task of this.#tasks.filter(({ instance }) => instance.endsAt !== undefined)) this.#stop(task);
  }

  /** Workers that hold messages are protected. */
  #scaleIn(desired: number, now: number): void {
    const { protection } = this.#props.assumed;
    for (const task of this.#tasks.toReversed()) {
      if (this.#tasks.length <= desired) return;
      const isProtected = task.held.length > 0 || now < task.lastMessageAt + protection;
      if (!isProtected) this.#stop(task);
    }
  }

  #place(now: number): void {
    const { assumed, instances } = this.#props;
    if (now < this.#nextStart) return;
    while (this.#waiting > 0) {
      const instance = instances.claim(now);
      if (instance === undefined) return;
      const pull = instance.hasImage ? 0 : assumed.imagePull;
      instance.hasImage = true;
      this.#waiting -= 1;
      this.#tasks.push({
        instance,
        runsAt: now + pull + assumed.workerStart,
        held: [],
        lastMessageAt: Number.NEGATIVE_INFINITY,
        fraction: 0,
      });
    }
  }

  #crash(now: number): void {
    const { crashes, onExit, assumed } = this.#props;
    for (const task of this.#tasks) {
      if (task.runsAt > now || task.held.length > 0 || !crashes(now)) continue;
      this.#stop(task);
      this.#nextStart = now + assumed.taskRestart;
      onExit();
    }
  }

  #stop(task: Task): void {
    this.#props.queue.release(task.held);
    task.held = [];
    task.instance.isBusy = false;
    this.#tasks = this.#tasks.filter((other) => other !== task);
  }
}
