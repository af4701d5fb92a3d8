/**
 * All reasons for which an image or a message can fail, as a closed set. Only `content` is permanent.
 *
 * - `content`: the bytes are invalid and always fail, so no run repeats them.
 * - `deployment`: the bytes do not fit the limits or the model of this deployment; this run rejects them, a later run can
 *   succeed.
 * - `access`: the object was not available; this run rejects it, a later run can succeed.
 * - `transient`: a service failed; the queue delivers the message again until its attempts are used up.
 */
export const failureReasons = {
  empty: { fault: 'content', meaning: 'the file is empty' },
  not_an_image: { fault: 'content', meaning: 'the bytes are not an image' },
  unsupported_format: { fault: 'content', meaning: 'the image format is not supported' },
  corrupt: { fault: 'content', meaning: 'the image cannot be decoded' },
  truncated: { fault: 'content', meaning: 'the image ends before its last pixel' },
  too_many_pixels: { fault: 'deployment', meaning: 'the image has more pixels than the limit' },
  too_slow: { fault: 'deployment', meaning: 'decoding the image takes more time than the limit' },
  too_large: { fault: 'deployment', meaning: 'the object has more bytes than the limit' },
  invalid_crop: { fault: 'deployment', meaning: 'the crop message does not fit the model' },
  crops_gone: { fault: 'deployment', meaning: 'the packed crops of the image no longer exist' },
  invalid_event: { fault: 'content', meaning: 'the message is not an upload event' },
  object_gone: { fault: 'access', meaning: 'the object no longer exists' },
  unreadable: { fault: 'access', meaning: 'the object exists but cannot be read' },
  throttled: { fault: 'transient', meaning: 'the service throttled the request' },
  timeout: { fault: 'transient', meaning: 'the image was not finished in time' },
  unavailable: { fault: 'transient', meaning: 'the service failed or could not be reached' },
  abandoned: { fault: 'transient', meaning: 'every worker that processed the image was lost' },
  internal: { fault: 'transient', meaning: 'an error in this program' },
} as const satisfies Record<string, { fault: Fault; meaning: string }>;

export type FailureReason = keyof typeof failureReasons;
type Fault = 'content' | 'deployment' | 'access' | 'transient';

/** The faults that are not of the image: an alarm watches how many images are rejected for them. */
export const alarmingFaults = ['access', 'deployment'] as const satisfies readonly Fault[];

/** Reasons that make a rejected row final: no later run repeats the image. */
export const contentReasons = reasonsOf('content');

/** Reasons for which the bytes of an object were never read. */
export const unseenReasons = [...reasonsOf('access'), ...reasonsOf('transient')];

/** Whether a retry of an image that failed for this reason could succeed. */
export function isRetryable(reason: FailureReason): boolean {
  return failureReasons[reason].fault !== 'content';
}

export function isFailureReason(name: string): name is FailureReason {
  return Object.hasOwn(failureReasons, name);
}

function reasonsOf(fault: Fault): string[] {
  return Object.entries(failureReasons)
    .filter(([, reason]) => reason.fault === fault)
    .map(([reason]) => reason);
}

/** A failure with a reason from the closed set; `cause` is the original error. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, detail: string, options?: { cause?: unknown }) {
    super(detail, options);
    this.reason = reason;
  }

  /** Whether the same message could succeed when it is delivered again. */
  get isTransient(): boolean {
    return failureReasons[this.reason].fault === 'transient';
  }

  /** Any thrown value as a Failure: a Failure unchanged, anything else as `internal` with the value as its cause. */
  static from(error: unknown): Failure {
    if (error instanceof Failure) return error;
    const detail = error instanceof Error ? error.message : String(error);
    return new Failure('internal', detail, { cause: error });
  }
}
