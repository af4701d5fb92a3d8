import { Failure } from '../../failures/failure.ts';
import { processUsage } from './process-usage.ts';

const checkMs = 50;
const mebibyte = 2 ** 20;
/** Where the time of a core is unknown, a decode gets this many times as much time: the machine may be busy. */
const wallFactor = 6;

/** Limits of a process while it decodes an image. */
export interface UsageLimits {
  readonly processorSeconds: number;
  /** How far its memory may grow now, bytes. */
  growth(): number;
  /** Whether it waits for memory, so that its time does not count where it cannot be measured. */
  isWaiting(): boolean;
}

/**
 * Watches what a process uses from now on. From outside: decoders also compute in its JavaScript, where no timer of its own
 * would run. Off Linux only time is limited, on the clock.
 * @param exceeded called once with `too_slow` or `too_many_pixels`
 * @returns a function that stops watching
 */
export function watchUsage(pid: number, limits: UsageLimits, exceeded: (failure: Failure) => void): () => void {
  const before = processUsage(pid);
  let onClock = 0;
  let last = performance.now();
  const check = (): Failure | undefined => {
    const now = performance.now();
    if (!limits.isWaiting()) onClock += (now - last) / 1000 / wallFactor;
    last = now;
    const usage = processUsage(pid);
    if (before !== undefined && usage === undefined) return undefined; // its end is reported
    const seconds = before && usage ? usage.seconds - before.seconds : onClock;
    if (seconds > limits.processorSeconds) return tooSlow(limits.processorSeconds);
    const grown = before && usage ? usage.bytes - before.bytes : 0;
    return grown > limits.growth() ? tooManyPixels(limits.growth()) : undefined;
  };
  const timer = setInterval(() => {
    const failure = check();
    if (failure === undefined) return;
    clearInterval(timer);
    exceeded(failure);
  }, checkMs);
  return () => clearInterval(timer);
}

function tooSlow(seconds: number): Failure {
  return new Failure('too_slow', `decoding takes more than ${seconds} s of a core: save the image again, or smaller`);
}

function tooManyPixels(bytes: number): Failure {
  const limit = Math.ceil(bytes / mebibyte);
  return new Failure(
    'too_many_pixels',
    `decoding takes more than ${limit} MiB of memory: save the image again, or smaller`,
  );
}
