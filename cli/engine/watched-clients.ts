import { AnswerWatch } from '../../shared/stores/aws/answer-watch.ts';
import { type AwsClients, awsClients } from '../../shared/stores/aws/clients.ts';
import { type AwsOptions, currentWatch, defaultAnswerTimeout } from './command-watch.ts';

/** Clients for S3 and SQS, whose requests are repeated until the service answers or the command gives up. */
export function watchedClients({ answerTimeout = defaultAnswerTimeout, ...aws }: AwsOptions): AwsClients {
  const command = currentWatch.getStore();
  if (command === undefined) return awsClients(aws);
  const clients = awsClients({
    ...aws,
    idleMs: command.hooks.idleMs,
    onMadeUpCredentials(endpoint) {
      if (!command.reportedMadeUpCredentials) command.hooks.onMadeUpCredentials?.(endpoint);
      command.reportedMadeUpCredentials = true;
    },
  });
  command.watch ??= new AnswerWatch({ ...command.hooks, giveUpAfterMs: 1000 * answerTimeout });
  if (command.isStopped) command.watch.stopHolding();
  command.watch.attach(clients);
  return clients;
}
