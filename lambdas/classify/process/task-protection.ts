import { z } from 'zod';

export interface TaskProtectionOptions {
  /** `ECS_AGENT_URI` of the container; undefined where there is no agent, and then nothing is done. */
  readonly agentUri: string | undefined;
  /** The longest that the worker takes from one sign of life to the next, milliseconds; the expiry follows from it. */
  readonly longestBatchMs: number;
  /** Told of every request that failed, so that it is logged; work goes on. */
  readonly onFailure: (error: unknown) => void;
  /** How long it must have been idle before the protection is dropped, milliseconds. @default 10 seconds */
  readonly idleMs?: number;
  /** Time between renewals, milliseconds. @default half of the expiry */
  readonly renewMs?: number;
  /** How long the agent may take to answer, milliseconds. @default 5 seconds */
  readonly answerMs?: number;
  /** How long after a failure it is tried again, milliseconds. @default 15 seconds */
  readonly retryMs?: number;
}

/** Keeps ECS from ending this task when it scales in or deploys while the task holds messages. */
export interface TaskProtection {
  busy(): void;
  idle(): void;
  /** Drops the protection; resolves when the agent has answered, or has failed to. */
  stop(): Promise<void>;
}

const unprotected: TaskProtection = { busy() {}, idle() {}, async stop() {} };

const answerSchema = z.object({ protection: z.object({ ProtectionEnabled: z.boolean() }) });

/** Minutes that ECS allows for a protection. */
const mostMinutes = 2880;

/**
 * Twice the longest batch, and renewed when half of it is over: at every moment at least one longest batch is left, and
 * a worker that is killed or hangs is protected for no longer than that.
 */
export function expiryMinutes(longestBatchMs: number): number {
  return Math.min(mostMinutes, Math.max(1, Math.ceil((2 * longestBatchMs) / 60_000)));
}

export function openTaskProtection(options: TaskProtectionOptions): TaskProtection {
  if (options.agentUri === undefined) return unprotected;
  return new AgentProtection({ ...options, agentUri: options.agentUri });
}

/** One request at a time, each with what is wanted when it is sent: answers out of order cannot undo each other. */
class AgentProtection implements TaskProtection {
  readonly #url: string;
  readonly #minutes: number;
  readonly #options: Required<Omit<TaskProtectionOptions, 'agentUri'>>;
  #wanted = false;
  /** What the agent is known to have; undefined after a failure, which may have come to pass all the same. */
  #known: boolean | undefined = false;
  #stopped = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #nextTimer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  constructor({ agentUri, ...options }: TaskProtectionOptions & { agentUri: string }) {
    this.#url = `${agentUri}/task-protection/v1/state`;
    this.#minutes = expiryMinutes(options.longestBatchMs);
    const renewMs = (this.#minutes * 60_000) / 2;
    this.#options = { idleMs: 10_000, answerMs: 5_000, retryMs: 15_000, renewMs, ...options };
  }

  busy(): void {
    if (this.#stopped) return;
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
    this.#want(true);
  }

  idle(): void {
    if (this.#stopped || !this.#wanted || this.#idleTimer !== undefined) return;
    // Between two messages is no time to be idle: the agent is asked seldom, and ECS limits how often.
    this.#idleTimer = setTimeout(() => this.#want(false), this.#options.idleMs).unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#idleTimer);
    this.#wanted = false;
    this.#send();
    await this.#sending;
    clearTimeout(this.#nextTimer);
  }

  #want(wanted: boolean): void {
    if (this.#wanted === wanted) return;
    this.#wanted = wanted;
    this.#send();
  }

  #send(): void {
    if (this.#known !== this.#wanted) this.#sending ??= this.#agree();
  }

  /** Asks until the agent has what is wanted, or has failed. */
  async #agree(): Promise<void> {
    clearTimeout(this.#nextTimer);
    let pause = this.#options.renewMs;
    while (this.#known !== this.#wanted) {
      const wanted = this.#wanted;
      try {
        await this.#put(wanted);
        this.#known = wanted;
      } catch (error) {
        this.#known = undefined;
        this.#options.onFailure(error);
        // What came to be wanted meanwhile has not been tried yet.
        if (wanted !== this.#wanted) continue;
        pause = this.#options.retryMs;
        break;
      }
    }
    this.#sending = undefined;
    if (this.#known !== false) this.#again(pause);
  }

  #again(ms: number): void {
    if (this.#stopped) return;
    this.#nextTimer = setTimeout(() => {
      this.#known = undefined;
      this.#send();
    }, ms).unref();
  }

  async #put(enabled: boolean): Promise<void> {
    const body = enabled ? { ProtectionEnabled: true, ExpiresInMinutes: this.#minutes } : { ProtectionEnabled: false };
    const response = await fetch(this.#url, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(this.#options.answerMs),
    });
    const text = await response.text();
    // ECS says no with status 200 too, and with why in place of the protection.
    if (response.ok && answerSchema.safeParse(parsed(text)).data?.protection.ProtectionEnabled === enabled) return;
    throw new Error(`the ECS agent answered ${response.status}: ${text.slice(0, 500)}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
