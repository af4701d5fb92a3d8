import { z } from 'zod';

export interface TaskProtectionOptions {
  /** `ECS_AGENT_URI` of the container; undefined without an agent: nothing is protected. */
  readonly agentUri: string | undefined;
  /** The longest time that the worker takes without progress, milliseconds; decides the expiry. */
  readonly longestBatchMs: number;
  /** Receives the error of each failed request; work continues. */
  readonly onFailure: (error: unknown) => void;
  /** Idle time before the protection is dropped, milliseconds. @default 10 seconds */
  readonly idleMs?: number;
  /** Time between renewals, milliseconds. @default half of the expiry */
  readonly renewMs?: number;
  /** Timeout of a request, milliseconds. @default 5 seconds */
  readonly timeoutMs?: number;
  /** Time between a failed request and its retry, milliseconds. @default 15 seconds */
  readonly retryMs?: number;
}

/** Keeps ECS from stopping this task on scale-in or deployment while the task holds messages. */
export interface TaskProtection {
  busy(): void;
  idle(): void;
  /** Drops the protection; resolves when the agent has responded or the request has failed. */
  stop(): Promise<void>;
}

const unprotected: TaskProtection = { busy() {}, idle() {}, async stop() {} };

const responseSchema = z.object({ protection: z.object({ ProtectionEnabled: z.boolean() }) });

/** The longest protection that ECS allows, minutes. */
const maxMinutes = 2880;

/**
 * Twice the longest batch, renewed at half time: at any moment the protection covers at least one more batch, and it
 * outlives a worker that hangs or is killed by at most this time.
 */
export function expiryMinutes(longestBatchMs: number): number {
  return Math.min(maxMinutes, Math.max(1, Math.ceil((2 * longestBatchMs) / 60_000)));
}

export function openTaskProtection(options: TaskProtectionOptions): TaskProtection {
  if (options.agentUri === undefined) return unprotected;
  return new AgentProtection({ ...options, agentUri: options.agentUri });
}

/** Sends one request at a time with the target state of that moment, so late responses cannot undo each other. */
class AgentProtection implements TaskProtection {
  readonly #url: string;
  readonly #minutes: number;
  readonly #options: Required<Omit<TaskProtectionOptions, 'agentUri'>>;
  #target = false;
  /** The agent's last confirmed state; undefined after a failed request, which may have taken effect. */
  #confirmed: boolean | undefined = false;
  #stopped = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #nextTimer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  constructor({ agentUri, ...options }: TaskProtectionOptions & { agentUri: string }) {
    this.#url = `${agentUri}/task-protection/v1/state`;
    this.#minutes = expiryMinutes(options.longestBatchMs);
    const renewMs = (this.#minutes * 60_000) / 2;
    this.#options = { idleMs: 10_000, timeoutMs: 5_000, retryMs: 15_000, renewMs, ...options };
  }

  busy(): void {
    if (this.#stopped) return;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.#setTarget(true);
  }

  idle(): void {
    if (this.#stopped || !this.#target || this.#idleTimer !== undefined) return;
    // Pauses between messages are not idle time: ECS limits the rate of these requests.
    this.#idleTimer = setTimeout(() => this.#setTarget(false), this.#options.idleMs).unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#idleTimer);
    this.#target = false;
    this.#send();
    await this.#sending;
    clearTimeout(this.#nextTimer);
  }

  #setTarget(target: boolean): void {
    if (this.#target === target) return;
    this.#target = target;
    this.#send();
  }

  #send(): void {
    if (this.#confirmed !== this.#target) this.#sending ??= this.#synchronize();
  }

  /** Sends requests until the agent confirms the target state or a request fails. */
  async #synchronize(): Promise<void> {
    clearTimeout(this.#nextTimer);
    let pause = this.#options.renewMs;
    while (this.#confirmed !== this.#target) {
      const target = this.#target;
      try {
        await this.#put(target);
        this.#confirmed = target;
      } catch (error) {
        this.#confirmed = undefined;
        this.#options.onFailure(error);
        // The target has changed since, and has not been tried yet.
        if (target !== this.#target) continue;
        pause = this.#options.retryMs;
        break;
      }
    }
    this.#sending = undefined;
    if (this.#confirmed !== false) this.#sendAfter(pause);
  }

  #sendAfter(ms: number): void {
    if (this.#stopped) return;
    this.#nextTimer = setTimeout(() => {
      this.#confirmed = undefined;
      this.#send();
    }, ms).unref();
  }

  async #put(enabled: boolean): Promise<void> {
    const body = enabled ? { ProtectionEnabled: true, ExpiresInMinutes: this.#minutes } : { ProtectionEnabled: false };
    const response = await fetch(this.#url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(this.#options.timeoutMs),
    });
    const text = await response.text();
    // ECS also reports errors with status 200, without a protection in the body.
    if (response.ok && responseSchema.safeParse(parsed(text)).data?.protection.ProtectionEnabled === enabled) return;
    throw new Error(`the ECS agent responded with ${response.status}: ${text.slice(0, 500)}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
