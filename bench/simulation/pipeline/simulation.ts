import { partRows } from '../../../shared/deployment/defaults.ts';
import { seededRandom } from '../../../shared/random/seeded-random.ts';
import { type AssumedValues, assume } from '../assumptions.ts';
import { EventQueue } from '../aws/event-queue.ts';
import { Instances } from '../aws/instances.ts';
import { countOf, type Lot, MessageQueue } from '../aws/message-queue.ts';
import { PolledFunction } from '../aws/polled-function.ts';
import { Service } from '../aws/service.ts';
import { StepScaling } from '../aws/step-scaling.ts';
import type { Deployment, QueueDefinition } from '../template/deployment.ts';
import { Progress } from './progress.ts';
import type { Faults, Scenario, SimulationOptions } from './scenario.ts';
import { classifySeconds, ingestSeconds, workerRate } from './speeds.ts';
import type { SimulationState } from './state.ts';
import { Watch } from './watch.ts';

/** Messages move in steps of this length. A worker holds a message for about as long. */
const stepSeconds = 2.5;
const minute = 60;
/** After this long without a row, no alarm about it goes off any more. */
const quietSeconds = 3600;

/** A deployed pipeline over simulated time. Images are counted, not modeled one by one. */
export class Simulation implements SimulationState {
  readonly deployment: Deployment;
  readonly scenario: Scenario;
  readonly assumed: AssumedValues;
  readonly time = new EventQueue();
  readonly progress = new Progress();
  readonly uploads: MessageQueue;
  readonly crops: MessageQueue;
  readonly parts: MessageQueue;
  /** All queues, dead-letter queues included. */
  readonly queues: ReadonlyMap<string, MessageQueue>;
  readonly ingest: PolledFunction;
  readonly classify: PolledFunction | undefined;
  readonly jobs: PolledFunction;
  readonly scaling: StepScaling;
  readonly instances: Instances | undefined;
  readonly service: Service | undefined;
  readonly watch: Watch;
  readonly #faults: Faults;
  readonly #random: () => number;
  #wokenAt = Number.NEGATIVE_INFINITY;
  /** Exits of workers since the last minute. */
  #exits = 0;

  constructor(deployment: Deployment, scenario: Scenario, { seed = 1, assumed = {}, rate }: SimulationOptions = {}) {
    this.deployment = deployment;
    this.scenario = scenario;
    this.assumed = assume(assumed);
    this.#faults = scenario.faults ?? {};
    this.#random = seededRandom(seed);
    this.queues = makeQueues(deployment.queues, this.assumed.maxInFlight);
    this.uploads = this.#queue(deployment.uploads);
    this.crops = this.#queue(deployment.crops);
    this.parts = this.#queue(deployment.parts);
    const { ingest, jobs, classify, workers } = deployment;
    const { firstPollers, pollersPerMinute, functionStart, jobsCheck } = this.assumed;
    const polling = {
      firstPollers,
      pollersPerMinute,
      availableConcurrency: () => this.#availableConcurrency(),
      resultOf: () => 'done' as const,
    };
    const normalSeconds = ingestSeconds(deployment);
    this.ingest = new PolledFunction({
      ...polling,
      definition: ingest,
      queue: this.uploads,
      secondsFor: this.#faults.ingestErrors ? () => functionStart : normalSeconds,
      resultOf: () => (this.#faults.ingestErrors ? 'error' : 'done'),
      onDone: (lots) => this.#ingested(countOf(lots)),
    });
    this.jobs = new PolledFunction({
      ...polling,
      definition: jobs,
      queue: this.parts,
      secondsFor: () => jobsCheck,
      onDone() {},
    });
    const onDone = (lots: readonly Lot[]) => this.#classified(countOf(lots));
    this.classify =
      classify &&
      new PolledFunction({
        ...polling,
        definition: classify,
        queue: this.crops,
        secondsFor: classifySeconds(classify.memoryMegabytes, rate),
        onDone,
      });
    this.instances =
      workers &&
      new Instances({
        definition: workers,
        assumed: this.assumed,
        random: this.#random,
        isAvailable: () => !this.#faults.noCapacity,
      });
    this.service =
      workers &&
      this.instances &&
      new Service({
        instances: this.instances,
        queue: this.crops,
        assumed: this.assumed,
        rate: rate ?? workerRate(workers),
        hangs: this.#faults.workersHang ?? false,
        crashes: () => this.#faults.workersCrash ?? false,
        onExit: () => {
          this.#exits += 1;
        },
        onDone,
      });
    this.scaling = new StepScaling({ min: workers?.minTasks ?? 0, max: workers?.maxTasks ?? 0 });
    this.watch = new Watch(this);
  }

  /** Runs to the end of the scenario, or until its images and the instances are gone. */
  run(): this {
    this.time.every(stepSeconds, () => this.#step());
    this.time.every(minute, () => this.#minute());
    this.time.run(this.scenario.endSeconds, () => this.#isOver());
    return this;
  }

  /** Images in dead-letter queues. */
  get deadLetters(): number {
    return this.#sumOfDeadLetters((queue) => queue.total);
  }

  /** Images that a queue dropped at the end of its retention period. */
  get expired(): number {
    const { uploads, crops } = this;
    return uploads.counts.expired + crops.counts.expired + this.#sumOfDeadLetters(({ counts }) => counts.expired);
  }

  /** Whether uploads reach the queue. */
  get isNotified(): boolean {
    return !this.#faults.noNotifications;
  }

  /** Exits of workers since the last call. */
  takeExits(): number {
    const exits = this.#exits;
    this.#exits = 0;
    return exits;
  }

  #step(): void {
    const { now } = this.time;
    const arrived = this.scenario.arrivals(now - stepSeconds, now, this.#random);
    this.progress.arrived += arrived;
    if (this.#faults.noNotifications) this.progress.unnoticed += arrived;
    else this.uploads.send(arrived, now);
    for (const queue of this.queues.values()) queue.advance(now);
    this.ingest.advance(now, stepSeconds);
    this.classify?.advance(now, stepSeconds);
    this.instances?.advance(now, stepSeconds);
    this.service?.advance(this.scaling.desired, now, stepSeconds);
    this.jobs.advance(now, stepSeconds);
    this.progress.observe(this.uploads.total + this.crops.total > 0, now);
    this.progress.oldestUpload = Math.max(this.progress.oldestUpload, this.uploads.age(now));
    this.progress.oldestCrop = Math.max(this.progress.oldestCrop, this.crops.age(now));
    this.#checkCounts();
  }

  #minute(): void {
    this.watch.publish();
    const breaches = this.watch.evaluate();
    this.scaling.run(breaches, this.time.now);
    if (this.instances && this.service) this.instances.scale(this.service.tasks);
  }

  #availableConcurrency(): number {
    const used = [this.ingest, this.jobs, this.classify].reduce((sum, each) => sum + (each?.concurrency ?? 0), 0);
    return Math.max(0, this.assumed.accountConcurrency - used);
  }

  #ingested(images: number): void {
    const { now } = this.time;
    if (this.#faults.unreadable) {
      this.progress.store(images, 'rejected', now);
      this.parts.send(1, now);
      return;
    }
    this.progress.sent(images);
    this.crops.send(images, now);
    if (!this.service || !this.deployment.ingestWakesWorkers || now - this.#wokenAt < minute) return;
    this.#wokenAt = now;
    if (this.scaling.desired === 0) this.scaling.set(1, now);
  }

  #classified(images: number): void {
    if (images === 0) return;
    const { now } = this.time;
    this.progress.store(images, 'classified', now);
    this.parts.send(Math.ceil(images / (this.classify?.definition.batch ?? partRows)), now);
  }

  #isOver(): boolean {
    const { uploads, crops, parts, progress, time, scenario } = this;
    const quietFrom = Math.max(scenario.lastArrival, progress.lastRow ?? 0) + quietSeconds;
    if (time.now <= quietFrom || progress.unnoticed > 0) return false;
    const isEmpty = uploads.total + crops.total + parts.total === 0;
    return isEmpty && (this.instances?.count ?? 0) === 0 && this.deadLetters === 0 && !this.watch.hasAlarm;
  }

  /** @throws if an image got lost or was counted twice */
  #checkCounts(): void {
    const { arrived, unnoticed, rows } = this.progress;
    const known = unnoticed + rows + this.uploads.total + this.crops.total + this.deadLetters + this.expired;
    if (known === arrived) return;
    throw new Error(`${arrived} images arrived, but ${known} are accounted for after ${this.time.now} s`);
  }

  #sumOfDeadLetters(of: (queue: MessageQueue) => number): number {
    return [this.deployment.uploads, this.deployment.crops].reduce((sum, { redrive }) => {
      const queue = redrive && this.queues.get(redrive.queue);
      return sum + (queue ? of(queue) : 0);
    }, 0);
  }

  #queue({ id }: QueueDefinition): MessageQueue {
    const queue = this.queues.get(id);
    if (queue === undefined) throw new Error(`there is no queue ${id}`);
    return queue;
  }
}

function makeQueues(definitions: Deployment['queues'], maxInFlight: number): Map<string, MessageQueue> {
  const queues = new Map<string, MessageQueue>();
  // Dead-letter queues first: the others refer to them.
  for (const definition of [...definitions.values()].toSorted((a, b) => Number(!!a.redrive) - Number(!!b.redrive))) {
    const deadLetters = definition.redrive && queues.get(definition.redrive.queue);
    queues.set(definition.id, new MessageQueue(definition, { maxInFlight, deadLetters }));
  }
  return queues;
}
