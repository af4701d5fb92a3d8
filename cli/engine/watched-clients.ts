import type { AwsClients } from '../../shared/stores/aws/clients.ts';
import { type AwsOptions, currentWatch, defaultAnswerTimeout } from './command-watch.ts';

/**
 * Clients for S3 and SQS, whose requests are repeated until the service answers or the command gives up. Their packages, which take about
 * 35 MB of memory, are loaded here, so that a command on folders does without them.
 */
export async function watchedClients({
  answerTimeout = defaultAnswerTimeout,
  ...aws
}: AwsOptions): Promise<AwsClients> {
  const { awsClients } = await import('../../shared/stores/aws/clients.ts');
  const { AnswerWatch } = await import('../../shared/stores/aws/answer-watch.ts');
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
