import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import type { FunctionArchitecture } from '../../../infra/packing/pack-function.ts';
import { account, type Credentials, region } from '../../cloud/account.ts';
import { runtimeEnvironment } from './function-environment.ts';
import { FunctionError } from './function-error.ts';
import { startRuntimeApi } from './runtime-api.ts';
import { runtimeRoot } from './runtime-root.ts';
import { sandboxCommand } from './sandbox.ts';

export interface FunctionOptions {
  /** Folder with the function's files, as in an asset of a synthesized template. */
  readonly asset: string;
  readonly architecture: FunctionArchitecture;
  /** Such as `index.handler`. */
  readonly handler: string;
  /** The function's own variables, as in the template. */
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds after which an invocation is ended together with its process. */
  readonly timeoutSeconds: number;
  /** Default: 128, as on Lambda. */
  readonly memoryMegabytes?: number;
  /** Size of `/tmp`. Default: 512, as on Lambda. */
  readonly storageMegabytes?: number;
  /** Default: `function`. */
  readonly name?: string;
  /** The keys of the function's role. Default: ones that the emulator of S3 and SQS takes. */
  readonly credentials?: Credentials;
}

/** An execution environment of a function: its process starts with the first event and is kept for the next ones. */
export interface RunningFunction {
  /**
   * Sends an event, one at a time.
   * @returns what the handler returned, after JSON
   * @throws {FunctionError} the error of the handler or of the module; `Runtime.ExitError` if the process ended;
   *   `Sandbox.Timedout`. After an end of the process, the next event starts another one, as on Lambda.
   */
  invoke(event: unknown, options?: { readonly requestId?: string }): Promise<unknown>;
  /** Everything that was printed so far. */
  output(): string;
  /** The complete lines that are JSON objects: logs and metrics. */
  lines(): Record<string, unknown>[];
  stop(): Promise<void>;
}

const testCredentials = { accessKeyId: 'test', secretAccessKey: 'test', sessionToken: 'test' };

/**
 * Runs a packed function, unchanged, under AWS's runtime interface client, with nothing of this machine but the network.
 * @example
 * const ingest = await startFunction({ asset, architecture: 'arm64', handler: 'index.handler', environment, timeoutSeconds: 60 });
 * const answer = await ingest.invoke(event);
 * await ingest.stop();
 */
export async function startFunction(options: FunctionOptions): Promise<RunningFunction> {
  const { asset, architecture, handler, timeoutSeconds, memoryMegabytes = 128, storageMegabytes = 512 } = options;
  const { name = 'function', credentials = testCredentials } = options;
  const root = runtimeRoot(architecture);
  const api = await startRuntimeApi();
  const environment = {
    ...runtimeEnvironment({ name, handler, memoryMegabytes, credentials }, api.address),
    ...options.environment,
  };
  let printed = '';
  let running: ChildProcess | undefined;

  const start = (): ChildProcess => {
    const child = spawn(
      ...sandboxCommand({ root, architecture, task: asset, environment, memoryMegabytes, storageMegabytes }),
    );
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
    }
    child.once('close', (code, signal) => {
      if (running !== child) return;
      running = undefined;
      api.fail(
        new FunctionError('Runtime.ExitError', `the process ended with ${code ?? signal}; it printed:\n${printed}`),
      );
    });
    return child;
  };

  const end = async () => {
    const child = running;
    running = undefined;
    if (child === undefined) return;
    child.kill('SIGKILL');
    await once(child, 'close');
  };

  return {
    async invoke(event, { requestId = randomUUID() } = {}) {
      running ??= start();
      const deadline = Date.now() + timeoutSeconds * 1000;
      const timer = setTimeout(() => {
        api.fail(new FunctionError('Sandbox.Timedout', `Task timed out after ${timeoutSeconds}.00 seconds`));
        void end();
      }, timeoutSeconds * 1000);
      const functionArn = `arn:aws:lambda:${region}:${account}:function:${name}`;
      try {
        return await api.invoke({ requestId, event, deadline, functionArn, traceId: traceId() });
      } finally {
        clearTimeout(timer);
        // What was printed before the result is read in the same turn of the event loop, maybe after it.
        await setImmediate();
      }
    },
    output: () => printed,
    lines: () =>
      printed
        .slice(0, printed.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line): Record<string, unknown> => JSON.parse(line)),
    async stop() {
      await end();
      await api.close();
    },
  };
}

/** A sampled request, as with active tracing. */
function traceId(): string {
  const time = Math.floor(Date.now() / 1000).toString(16);
  return `Root=1-${time}-${randomBytes(12).toString('hex')};Parent=${randomBytes(8).toString('hex')};Sampled=1`;
}
