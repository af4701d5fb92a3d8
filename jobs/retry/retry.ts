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
  /** Where images are submitted, and where dead letters of uploads go back to. */
  readonly uploads: Pick<Queue<string>, 'send'>;
  /** Where dead letters of crops go back to; without it, their images are submitted instead. */
  readonly crops: Pick<Queue<string>, 'send'> | undefined;
  readonly deadLetters: readonly DeadLetterQueue[];
  /** Says that a job is no longer complete, before the first of its images is sent. */
  reopen(job: string): Promise<void>;
}

export interface RetryOptions {
  readonly choice: Choice;
  /** Whether to count only what would be done. */
  readonly dryRun: boolean;
  readonly stop: AbortSignal;
  /** Is told now and then how far it is. */
  readonly onProgress: (retried: Readonly<Retried>) => void;
}

/** What a retry did, or would do. */
export interface Retried {
  /** Images that were sent as submissions. */
  submitted: number;
  /** Dead letters that went back to their queue. */
  redriven: number;
  /** Dead letters that were deleted since their image was sent otherwise. */
  replaced: number;
  /** Dead letters that were left where they are, those that nobody can read among them. */
  kept: number;
  unreadable: number;
  /** Images that cannot be submitted: of a folder, or whose row does not say which object it was. */
  left: number;
  /** Images or dead letters that a queue did not take or did not delete, and the first failure. */
  refused: number;
  fault: string | undefined;
  /** What was sent, by reason. */
  readonly reasons: Partial<Record<FailureReason, number>>;
  readonly jobs: Set<string>;
  /** Whether not all dead letters were looked at, since too many are kept. */
  more: boolean;
  interrupted: boolean;
}

/** One thing that is sent, and what of. */
interface Outgoing {
  readonly to: 'uploads' | 'crops';
  readonly body: string;
  readonly events: readonly UploadEvent[];
  readonly reason: FailureReason;
}

interface Chosen extends Outgoing {
  readonly letter: DiagnosedLetter;
  readonly way: 'uploads' | 'crops' | 'submission';
}

/**
 * Tries rejected images again: the chosen dead letters go back to their queues, and every chosen image that had none is
 * submitted anew. Each image is sent once, before its dead letters are deleted; what is not chosen is given back. Stopped
 * or killed anywhere it loses nothing, and what was sent and not deleted is at worst sent once more by the next retry.
 */
export async function retryFailures(ports: RetryPorts, options: RetryOptions): Promise<Retried> {
  const done: Retried = {
    ...{ submitted: 0, redriven: 0, replaced: 0, kept: 0, unreadable: 0, left: 0, refused: 0, fault: undefined },
    ...{ reasons: {}, jobs: new Set<string>(), more: false, interrupted: false },
  };
  const retry = new Retry(ports, options, done, await RetriedImages.create(ports.results));
  for (const queue of ports.deadLetters) await retry.letters(queue);
  await retry.images();
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

  async letters(queue: DeadLetterQueue): Promise<void> {
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
    const chosen = judged.flatMap((letter) => this.#chosen(letter) ?? []);
    this.#done.kept += judged.length - chosen.length;
    const { fresh, repeated } = await this.#withoutRepeated(chosen);
    const sent = await this.#send(fresh);
    await this.#retried.add(sent.flatMap(({ events }) => events.filter(isUpload)));
    for (const { way } of sent) this.#done[way === 'submission' ? 'submitted' : 'redriven'] += 1;
    this.#done.replaced += repeated.length + sent.filter(({ way }) => way === 'submission').length;
    if (this.#options.dryRun) return;
    this.#refuse(await queue.remove([...sent, ...repeated].map(({ letter }) => letter.letter)));
  }

  #chosen(letter: DiagnosedLetter): Chosen | undefined {
    const reason = chosenReason(letter, this.#options.choice);
    if (letter.events instanceof Failure && reason === undefined) this.#done.unreadable += 1;
    if (reason === undefined) return undefined;
    const way = retryRoute(letter, this.#ports.crops !== undefined);
    if (way === undefined) return undefined;
    const events = letter.events instanceof Failure ? [] : letter.events;
    const [event] = events;
    const body = way === 'submission' && event !== undefined ? encodeSubmission(event) : letter.letter.body;
    return { letter, way, to: way === 'crops' ? 'crops' : 'uploads', body, events, reason };
  }

  /** Tells apart letters all of whose images were sent already, by a letter of before or one of these. */
  async #withoutRepeated(chosen: readonly Chosen[]): Promise<{ fresh: Chosen[]; repeated: Chosen[] }> {
    const events = chosen.flatMap((letter) => letter.events.filter(isUpload));
    const before = await this.#retried.findAmong(events);
    const sent = new Set(events.filter((_, place) => before.has(place)).map(nameOf));
    const fresh: Chosen[] = [];
    const repeated: Chosen[] = [];
    for (const letter of chosen) {
      const names = letter.events.filter(isUpload).map(nameOf);
      const isRepeated = names.length > 0 && letter.events.every((event) => isUpload(event) && sent.has(nameOf(event)));
      (isRepeated ? repeated : fresh).push(letter);
      for (const name of names) sent.add(name);
    }
    return { fresh, repeated };
  }

  async images(): Promise<void> {
    const { results } = this.#ports;
    const { choice, stop, onProgress } = this.#options;
    for await (const images of failedImages(results, failureFilter(choice), RetriedImages.query)) {
      if (stop.aborted) return;
      const able = images.filter(({ event }) => canBeSubmitted(event));
      this.#done.left += images.length - able.length;
      this.#done.submitted += (await this.#send(able.map(submissionOf))).length;
      onProgress(this.#done);
    }
  }

  /** Sends what is given, each to its queue; resolves with what was taken. */
  async #send<T extends Outgoing>(outgoing: readonly T[]): Promise<T[]> {
    const { uploads, crops, reopen } = this.#ports;
    const refused = new Set<T>();
    if (!this.#options.dryRun) {
      const jobs = new Set(outgoing.flatMap(({ events }) => events.map(({ job }) => job)));
      for (const job of jobs.difference(this.#done.jobs)) await reopen(job);
      for (const [to, queue] of [['uploads', uploads] as const, ['crops', crops] as const]) {
        const own = outgoing.filter((one) => one.to === to);
        if (own.length === 0 || queue === undefined) continue;
        const entries = await queue.send(own.map(({ body }) => body));
        this.#refuse(entries);
        for (const one of entries.flatMap(({ index }) => own[index] ?? [])) refused.add(one);
      }
    }
    const taken = outgoing.filter((one) => !refused.has(one));
    for (const { reason, events } of taken) {
      this.#done.reasons[reason] = (this.#done.reasons[reason] ?? 0) + 1;
      for (const { job } of events) this.#done.jobs.add(job);
    }
    return taken;
  }

  #refuse(entries: readonly RefusedEntry[]): void {
    this.#done.refused += entries.length;
    this.#done.fault ??= entries[0]?.failure.message;
  }
}

function submissionOf({ event, reason }: FailedImage): Outgoing {
  return { to: 'uploads', body: encodeSubmission(event), events: [event], reason };
}

/** Deletions are told by nothing else than their messages, so that none of them stands for another. */
function isUpload({ kind }: UploadEvent): boolean {
  return kind === 'created';
}

function nameOf({ bucket, key, versionId }: UploadEvent): string {
  return JSON.stringify([bucket, key, versionId]);
}
