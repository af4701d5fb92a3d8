import type { Authorizer, Principal } from './iam/authorizer.ts';

/** An execution environment of a function. */
export interface Environment {
  /** @throws if the function fails */
  invoke(event: unknown): Promise<unknown>;
  /** Log lines in JSON so far. */
  lines(): readonly Record<string, unknown>[];
  /** Everything that was printed so far. */
  output(): string;
  stop(): Promise<void>;
}

export interface FunctionPoolOptions {
  /** Logical id of the function. */
  readonly name: string;
  readonly principal: Principal;
  /** ARN of its log group, without `:*`. */
  readonly logGroup: string;
  readonly authorizer: Authorizer;
  readonly timeoutSeconds: number;
  readonly start: () => Promise<Environment>;
}

/** A function as Lambda runs it: an idle environment is used again, and a new one is started if all are busy. */
export class FunctionPool {
  readonly name: string;
  readonly principal: Principal;
  readonly #options: FunctionPoolOptions;
  readonly #environments: Environment[] = [];
  readonly #idle: Environment[] = [];
  readonly #stopped: Record<string, unknown>[] = [];
  /** When the invocations that have not ended began. */
  readonly #begun = new Map<Environment, number>();
  #started = 0;

  constructor(options: FunctionPoolOptions) {
    this.#options = options;
    this.name = options.name;
    this.principal = options.principal;
  }

  /** Log lines of all environments, in JSON. */
  get lines(): readonly Record<string, unknown>[] {
    return [...this.#stopped, ...this.#environments.flatMap((environment) => environment.lines())];
  }

  get timeoutSeconds(): number {
    return this.#options.timeoutSeconds;
  }

  /** The invocations that have not ended: each with its age and the end of what its environment printed. */
  get running(): readonly string[] {
    return [...this.#begun].map(([environment, begun]) => {
      const seconds = Math.round((performance.now() - begun) / 1000);
      return `${this.name} has been running for ${seconds} s and printed last:\n${environment.output().slice(-1000)}`;
    });
  }

  /** Number of environments that were started. */
  get started(): number {
    return this.#started;
  }

  async invoke(event: unknown): Promise<unknown> {
    const environment = this.#idle.pop() ?? (await this.#start());
    this.#begun.set(environment, performance.now());
    try {
      return await environment.invoke(event);
    } finally {
      this.#begun.delete(environment);
      this.#idle.push(environment);
      await this.#deliverLogs('logs:PutLogEvents');
    }
  }

  /** Ends all environments, as a deployment does: the next invocation starts a new one. */
  async stop(): Promise<void> {
    const ended = this.#environments.splice(0);
    this.#idle.length = 0;
    for (const environment of ended) {
      this.#stopped.push(...environment.lines());
      await environment.stop();
    }
  }

  async #start(): Promise<Environment> {
    this.#started += 1;
    await this.#deliverLogs('logs:CreateLogStream');
    const environment = await this.#options.start();
    this.#environments.push(environment);
    return environment;
  }

  /** Lambda writes the logs with the function's role; what the role may not write is lost. */
  async #deliverLogs(action: string): Promise<void> {
    const { authorizer, principal, logGroup } = this.#options;
    await authorizer.isAllowed(principal, { action, resource: `${logGroup}:log-stream:${this.#started}` });
  }
}
