/**
 * Every way an image or a message can fail, as a closed set.
 *
 * - `content`: the bytes themselves are at fault; the same bytes will always fail, so no run tries them again.
 * - `deployment`: the bytes do not fit how this deployment is set up (its limits, its model); this run rejects them, a
 *   later one tries again.
 * - `access`: the object could not be had; this run rejects it, a later run tries it again.
 * - `transient`: the service was at fault; the queue delivers the message again until its attempts are used up.
 */
export const failureReasons = {
  empty: { fault: 'content', meaning: 'the object holds no bytes' },
  not_an_image: { fault: 'content', meaning: 'the bytes are not those of an image' },
  unsupported_format: { fault: 'content', meaning: 'an image format that is not accepted' },
  corrupt: { fault: 'content', meaning: 'the image cannot be decoded' },
  truncated: { fault: 'content', meaning: 'the image ends before its last pixel' },
  too_many_pixels: { fault: 'deployment', meaning: 'the image has more pixels than the limit' },
  too_large: { fault: 'deployment', meaning: 'the object has more bytes than the limit' },
  invalid_crop: { fault: 'deployment', meaning: 'a crop message does not fit the model that serves it' },
  crops_gone: { fault: 'deployment', meaning: 'the packed crops of an image are no longer there' },
  invalid_event: { fault: 'content', meaning: 'a message is no upload event' },
  object_gone: { fault: 'access', meaning: 'the object no longer exists' },
  unreadable: { fault: 'access', meaning: 'the object exists but may not or cannot be read' },
  throttled: { fault: 'transient', meaning: 'the service asked to slow down' },
  timeout: { fault: 'transient', meaning: 'the service did not answer in time' },
  unavailable: { fault: 'transient', meaning: 'the service could not be reached or failed' },
  abandoned: { fault: 'transient', meaning: 'every worker that tried the image was lost while it did' },
  internal: { fault: 'transient', meaning: 'a fault in this program' },
} as const satisfies Record<string, { fault: Fault; meaning: string }>;

export type FailureReason = keyof typeof failureReasons;
type Fault = 'content' | 'deployment' | 'access' | 'transient';

/** Reasons that belong to the bytes: a row rejected for one of these is final and is not tried by a later run. */
export const contentReasons = reasonsOf('content');

/** Reasons for which an object's bytes were never seen. */
export const unseenReasons = [...reasonsOf('access'), ...reasonsOf('transient')];

/** Whether another try of an image may end otherwise than for this reason. */
export function isRetryable(reason: FailureReason): boolean {
  return failureReasons[reason].fault !== 'content';
}

/** Whether a name is one of a reason of the set. */
export function isFailureReason(name: string): name is FailureReason {
  return Object.hasOwn(failureReasons, name);
}

function reasonsOf(wanted: Fault): string[] {
  return Object.entries(failureReasons)
    .filter(([, { fault }]) => fault === wanted)
    .map(([reason]) => reason);
}

/** A failure with a reason from the closed set; `cause` keeps the error it came from. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, detail: string, options?: { cause?: unknown }) {
    super(detail, options);
    this.reason = reason;
  }

  /** True when the same message may succeed if it is delivered again. */
  get isTransient(): boolean {
    return failureReasons[this.reason].fault === 'transient';
  }

  /** Any thrown value as a Failure: a typed one as it is, anything unforeseen as `internal` with its cause. */
  static from(error: unknown): Failure {
    if (error instanceof Failure) return error;
    const detail = error instanceof Error ? error.message : String(error);
    return new Failure('internal', detail, { cause: error });
  }
}
