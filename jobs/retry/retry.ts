import type { Results } from '../../results/open/open-results.ts';
import { type FailedImage, failedImages } from '../../results/questions/failed-images.ts';
import { encodeSubmission } from '../../shared/events/submission.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';
import { Failure, type FailureReason } from '../../shared/failures/failure.ts';
import type { Queue, RefusedEntry } from '../../shared/stores/ports.ts';
import { type Choice, canBeSubmitted, chosenReason, failureFilter, retryRoute } from './choose.ts';
import type { DeadLetterQueue } from './dead-letter-queue.ts';
import { type DiagnosedLetter, diagnoseLetters } from './diagnose-letters.ts';
import { RetriedImages } from './retried-images.ts';

export interface RetryPorts {
  readonly results: Results;
  /** Receives submissions and dead letters of uploads. */
  readonly uploads: Pick<Queue<string>, 'send'>;
  /** Receives dead letters of crops. If undefined, their images are submitted instead. */
  readonly crops: Pick<Queue<string>, 'send'> | undefined;
  readonly deadLetters: readonly DeadLetterQueue[];
  /** Removes the completion marker of a job. Called before the first of its images is sent. */
  reopen(job: string): Promise<void>;
}

export interface RetryOptions {
  readonly choice: Choice;
  /** Counts without sending. */
  readonly dryRun: boolean;
  /** Deletes dead letters whose images were classified since, see `DiagnosedLetter.isFinished`. */
  readonly deleteFinished: boolean;
  readonly stop: AbortSignal;
  /** Called after every batch. */
  readonly onProgress: (retried: Readonly<Retried>) => void;
}

/** The outcome of a retry or dry run. */
export interface Retried {
  /** Images submitted. */
  submitted: number;
  /** Dead letters sent back to their queue. */
  redriven: number;
  /** Dead letters deleted because their image was sent in another message. */
  replaced: number;
  /** Dead letters whose images were classified since: deleted if that was chosen, otherwise among `kept`. */
  finished: number;
  /** Dead letters left in their queue, unreadable ones included. */
  kept: number;
  /** Unreadable ones among them. */
  unreadable: number;
  /** Images that cannot be submitted, see `canBeSubmitted`. */
  left: number;
  /** Messages that a queue did not accept or delete. */
  refused: number;
  /** The first of these failures. */
  fault: string | undefined;
  /** Messages sent, by reason. */
  readonly reasons: Partial<Record<FailureReason, number>>;
  readonly jobs: Set<string>;
  /** Whether dead letters were left unread, because the maximum is held. */
  more: boolean;
  interrupted: boolean;
}

/** A message to send. */
interface Outgoing {
  readonly to: 'uploads' | 'crops';
  readonly body: string;
  readonly events: readonly UploadEvent[];
  readonly reason: FailureReason;
}

interface Chosen extends Outgoing {
  readonly letter: DiagnosedLetter;
  readonly route: 'uploads' | 'crops' | 'submission';
}

/**
 * Retries rejected images: sends the selected dead letters back to their queues and submits the selected images that have
 * none. Each image is sent once, before its dead letters are deleted; other dead letters stay in their queue. An interrupted
 * or killed retry loses nothing: at worst, the next retry sends some images again.
 */
export async function retryFailures(ports: RetryPorts, options: RetryOptions): Promise<Retried> {
  const done: Retried = {
    ...{
      submitted: 0,
      redriven: 0,
      replaced: 0,
      finished: 0,
      kept: 0,
      unreadable: 0,
      left: 0,
      refused: 0,
      fault: undefined,
    },
    ...{ reasons: {}, jobs: new Set<string>(), more: false, interrupted: false },
  };
  const retry = new Retry(ports, options, done, await RetriedImages.create(ports.results));
  for (const queue of ports.deadLetters) await retry.redriveLetters(queue);
  await retry.submitImages();
  done.interrupted = options.stop.aborted;
  return done;
}

class Retry {
  readonly #ports: RetryPorts;
  readonly #options: RetryOptions;
  readonly #done: Retried;
  readonly #retried: RetriedImages;

  constructor(ports: RetryPorts, options: RetryOptions, done: Retried, retried: RetriedImages) {
    this.#ports = ports;
    this.#options = options;
    this.#done = done;
    this.#retried = retried;
  }

  async redriveLetters(queue: DeadLetterQueue): Promise<void> {
    const { results } = this.#ports;
    const { choice, stop } = this.#options;
    try {
      while (!stop.aborted) {
        const letters = await queue.next();
        if (letters.length === 0) break;
        await this.#redrive(await diagnoseLetters(letters, results, choice.job), queue);
        this.#options.onProgress(this.#done);
      }
      this.#done.more ||= queue.isFull;
    } finally {
      await queue.close();
    }
  }

  async #redrive(judged: readonly DiagnosedLetter[], queue: DeadLetterQueue): Promise<void> {
    const { dryRun, deleteFinished } = this.#options;
    const chosen = judged.flatMap((letter) => this.#chosen(letter) ?? []);
    const finished = judged.filter(({ isFinished }) => isFinished);
    this.#done.finished += finished.length;
    this.#done.kept += judged.length - chosen.length - (deleteFinished ? finished.length : 0);
    const { fresh, repeated } = await this.#withoutRepeated(chosen);
    const sent = await this.#send(fresh);
    await this.#retried.add(sent.flatMap(({ events }) => events.filter(isUpload)));
    for (const { route } of sent) this.#done[route === 'submission' ? 'submitted' : 'redriven'] += 1;
    this.#done.replaced += repeated.length + sent.filter(({ route }) => route === 'submission').length;
    if (dryRun) return;
    const removed = [...sent, ...repeated].map(({ letter }) => letter.letter);
    if (deleteFinished) removed.push(...finished.map(({ letter }) => letter));
    this.#countRefused(await queue.remove(removed));
  }

  #chosen(letter: DiagnosedLetter): Chosen | undefined {
    const reason = chosenReason(letter, this.#options.choice);
    if (letter.events instanceof Failure && reason === undefined) this.#done.unreadable += 1;
    if (reason === undefined) return undefined;
    const route = retryRoute(letter, this.#ports.crops !== undefined);
    if (route === undefined) return undefined;
    const events = letter.events instanceof Failure ? [] : letter.events;
    const [event] = events;
    const body = route === 'submission' && event !== undefined ? encodeSubmission(event) : letter.letter.body;
    return { letter, route, to: route === 'crops' ? 'crops' : 'uploads', body, events, reason };
  }

  /** Separates letters whose images were all sent before, by earlier letters or by others of this batch. */
  async #withoutRepeated(chosen: readonly Chosen[]): Promise<{ fresh: Chosen[]; repeated: Chosen[] }> {
    const events = chosen.flatMap((letter) => letter.events.filter(isUpload));
    const before = await this.#retried.findAmong(events);
    const sent = new Set(events.filter((_, index) => before.has(index)).map(identityOf));
    const fresh: Chosen[] = [];
    const repeated: Chosen[] = [];
    for (const letter of chosen) {
      const identities = letter.events.filter(isUpload).map(identityOf);
      const isRepeated =
        identities.length > 0 && letter.events.every((event) => isUpload(event) && sent.has(identityOf(event)));
      (isRepeated ? repeated : fresh).push(letter);
      for (const identity of identities) sent.add(identity);
    }
    return { fresh, repeated };
  }

  async submitImages(): Promise<void> {
    const { results } = this.#ports;
    const { choice, stop, onProgress } = this.#options;
    for await (const images of failedImages(results, failureFilter(choice), RetriedImages.query)) {
      if (stop.aborted) return;
      const submittable = images.filter(({ event }) => canBeSubmitted(event));
      this.#done.left += images.length - submittable.length;
      this.#done.submitted += (await this.#send(submittable.map(submissionOf))).length;
      onProgress(this.#done);
    }
  }

  /** Sends messages to their queues. @returns those that were accepted */
  async #send<T extends Outgoing>(outgoing: readonly T[]): Promise<T[]> {
    const { uploads, crops, reopen } = this.#ports;
    const refused = new Set<T>();
    if (!this.#options.dryRun) {
      const jobs = new Set(outgoing.flatMap(({ events }) => events.map(({ job }) => job)));
      for (const job of jobs.difference(this.#done.jobs)) await reopen(job);
      for (const [to, queue] of [['uploads', uploads] as const, ['crops', crops] as const]) {
        const messages = outgoing.filter((message) => message.to === to);
        if (messages.length === 0 || queue === undefined) continue;
        const entries = await queue.send(messages.map(({ body }) => body));
        this.#countRefused(entries);
        for (const message of entries.flatMap(({ index }) => messages[index] ?? [])) refused.add(message);
      }
    }
    const accepted = outgoing.filter((message) => !refused.has(message));
    for (const { reason, events } of accepted) {
      this.#done.reasons[reason] = (this.#done.reasons[reason] ?? 0) + 1;
      for (const { job } of events) this.#done.jobs.add(job);
    }
    return accepted;
  }

  #countRefused(entries: readonly RefusedEntry[]): void {
    this.#done.refused += entries.length;
    this.#done.fault ??= entries[0]?.failure.message;
  }
}

function submissionOf({ event, reason }: FailedImage): Outgoing {
  return { to: 'uploads', body: encodeSubmission(event), events: [event], reason };
}

/** Only uploads can repeat each other: each deletion message is the only record of its deletion. */
function isUpload({ kind }: UploadEvent): boolean {
  return kind === 'created';
}

function identityOf({ bucket, key, versionId }: UploadEvent): string {
  return JSON.stringify([bucket, key, versionId]);
}
