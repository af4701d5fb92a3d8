import { z } from 'zod';
import { Failure } from '../../shared/failures/failure.ts';

/**
 * When each stage of a batch has to end. What is not finished then counts as a retryable failure, so that a batch is
 * answered, and its finished images are acknowledged, before the function is ended. A missing signal is no limit.
 */
export interface TimeLimits {
  /** Reading and cropping images. */
  readonly crops?: AbortSignal;
  /** Sending the crops that are ready. */
  readonly send?: AbortSignal;
  /** Storing rows. */
  readonly store?: AbortSignal;
}

/** The time after the last crop is cut: a third of the remaining time, but not more than this. */
const maxReserveMs = 30_000;
/** Of the reserve, for sending and for storing; the rest is for the answer. */
const shares = { send: 0.4, store: 0.4 };

/** When each stage has to end, in milliseconds from now, if the function is ended after the remaining time. */
export function stageEnds(remainingMs: number): Readonly<Record<keyof TimeLimits, number>> {
  const reserve = Math.min(maxReserveMs, remainingMs / 3);
  const crops = remainingMs - reserve;
  const send = crops + shares.send * reserve;
  return { crops, send, store: send + shares.store * reserve };
}

const contextSchema = z.object({
  getRemainingTimeInMillis: z.custom<() => unknown>((value) => typeof value === 'function'),
});

/**
 * The limits of an invocation, from the context that Lambda hands over.
 * @returns undefined without such a context: nothing ends the process
 */
export function limitsOfInvocation(context: unknown): (TimeLimits & Disposable) | undefined {
  const { data } = contextSchema.safeParse(context);
  const remaining = z.number().safeParse(data?.getRemainingTimeInMillis()).data;
  if (remaining === undefined) return undefined;
  const ends = stageEnds(remaining);
  const stages = {
    crops: endsAfter(ends.crops, 'the image was not finished before the function had to answer'),
    send: endsAfter(ends.send, 'the crops could not be sent before the function had to answer'),
    store: endsAfter(ends.store, 'the row could not be stored before the function had to answer'),
  };
  return {
    crops: stages.crops.signal,
    send: stages.send.signal,
    store: stages.store.signal,
    [Symbol.dispose]() {
      for (const { timer } of Object.values(stages)) clearTimeout(timer);
    },
  };
}

/** The failure of work that a limit has ended. */
export function lateFailure(reason: unknown): Failure {
  if (reason instanceof Failure) return reason;
  return new Failure('timeout', 'the work was stopped before it ended', { cause: reason });
}

function endsAfter(ms: number, message: string): { signal: AbortSignal; timer: NodeJS.Timeout } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Failure('timeout', message)), ms);
  return { signal: controller.signal, timer };
}
