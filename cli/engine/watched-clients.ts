import { AsyncLocalStorage } from 'node:async_hooks';
import { AnswerWatch, type AnswerWatchOptions } from '../../shared/stores/aws/answer-watch.ts';
import { type AwsClients, type AwsTarget, awsClients } from '../../shared/stores/aws/clients.ts';

export interface AwsOptions {
  /** Address of an S3- and SQS-compatible service instead of AWS. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Seconds after which a command ends because S3 or SQS has not answered. @default 300 */
  readonly answerTimeout?: number;
}

/** Seconds after which a command ends because S3 or SQS has not answered. */
export const defaultAnswerTimeout = 300;

/** Milliseconds after which a user is told what does not answer. */
const reportAfterMs = 20_000;

/** The watch of the command that runs; commands in one process do not share it. */
const current = new AsyncLocalStorage<CommandWatch>();

interface CommandWatch {
  readonly hooks: Pick<AnswerWatchOptions, 'onSilent' | 'onAnswer'> &
    Partial<AnswerWatchOptions> &
    Pick<AwsTarget, 'idleMs' | 'onMadeUpCredentials'>;
  /** Opened with the first clients. */
  watch?: AnswerWatch;
  reportedMadeUpCredentials?: boolean;
}

/** Runs a command whose requests to S3 and SQS are watched. */
export function withAnswerWatch<T>(hooks: CommandWatch['hooks'], command: () => Promise<T>): Promise<T> {
  return current.run({ hooks }, command);
}

/** The watch of the current command; undefined if it sends no requests. */
export function answerWatch(): AnswerWatch | undefined {
  return current.getStore()?.watch;
}

/** Clients for S3 and SQS, whose requests are repeated until the service answers or the command gives up. */
export function watchedClients({ answerTimeout = defaultAnswerTimeout, ...aws }: AwsOptions): AwsClients {
  const command = current.getStore();
  if (command === undefined) return awsClients(aws);
  const clients = awsClients({
    ...aws,
    idleMs: command.hooks.idleMs,
    onMadeUpCredentials(endpoint) {
      if (!command.reportedMadeUpCredentials) command.hooks.onMadeUpCredentials?.(endpoint);
      command.reportedMadeUpCredentials = true;
    },
  });
  command.watch ??= new AnswerWatch({ reportAfterMs, giveUpAfterMs: 1000 * answerTimeout, ...command.hooks });
  command.watch.attach(clients);
  return clients;
}
