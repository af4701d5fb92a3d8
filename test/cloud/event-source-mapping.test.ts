import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { atEnd } from '../support/at-end.ts';
import { eventually } from '../support/eventually.ts';
import { startAws } from '../support/start-aws.ts';
import { account, region } from './account.ts';
import { EventSourceMapping, mappingSchema } from './event-source-mapping.ts';
import { FunctionPool } from './function-pool.ts';
import { Authorizer } from './iam/authorizer.ts';

const aws = await startAws();

interface Polled {
  readonly answer?: (event: unknown) => unknown;
  readonly batchSize?: number;
  readonly windowSeconds?: number;
  readonly timeoutSeconds?: number;
  /** Polls and deletes. */
  readonly sqs?: SQSClient;
}

/** A mapping of a new queue to a function that answers. */
async function polled({ answer = () => ({ batchItemFailures: [] }), ...options }: Polled = {}) {
  const { batchSize = 10, windowSeconds = 0, timeoutSeconds = 30, sqs = aws.sqs } = options;
  const queueUrl = await aws.makeQueue();
  const noPolicies = { grants: [], denials: new Map(), ofResources: new Map() };
  const pool = new FunctionPool({
    ...{ name: 'Polled', principal: { arn: 'polled' }, logGroup: 'arn:aws:logs:us-east-1:000000000000:log-group:a' },
    ...{ authorizer: new Authorizer(noPolicies, account), timeoutSeconds },
    start: async () => ({
      invoke: async (event) => answer(event),
      lines: () => [],
      output: () => '',
      stop: async () => {},
    }),
  });
  const mapping = mappingSchema.parse({
    ...{ EventSourceArn: `arn:aws:sqs:${region}:${account}:queue`, FunctionName: 'Polled', BatchSize: batchSize },
    ...{ MaximumBatchingWindowInSeconds: windowSeconds, ScalingConfig: { MaximumConcurrency: 2 } },
    FunctionResponseTypes: ['ReportBatchItemFailures'],
  });
  const source = new EventSourceMapping({
    ...{ mapping, queueUrl, function: pool, sqs, admin: aws.sqs, pollers: 1, windowDivisor: 1, region },
  });
  atEnd(() => source.stop());
  const send = (MessageBody: string) => aws.sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
  return { source, queueUrl, send };
}

it.each([
  ['without a list of failures', {}],
  ['with the id of another message', { batchItemFailures: [{ itemIdentifier: 'other' }] }],
])('an answer %s fails the whole batch, and its messages return to the queue', async (_, wrong) => {
  const answers: unknown[] = [wrong, { batchItemFailures: [] }];
  const { source, queueUrl, send } = await polled({ answer: () => answers.shift() });
  await send('a');
  source.start();
  await eventually(() => expect(source.batches).toEqual([1, 1]));
  await aws.waitUntilEmpty(queueUrl);
  expect(source.failed).toBe(1);
  expect(source.errors).toHaveLength(1);
});

it('messages that cannot be deleted return to the queue, and polling ends with the error', async () => {
  const sqs = new SQSClient({
    ...{ endpoint: aws.endpoint, region, useQueueUrlAsEndpoint: false },
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  atEnd(() => sqs.destroy());
  // The emulator accepts every deletion.
  sqs.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'DeleteMessageBatchCommand') return next(args);
        return { output: { $metadata: {}, Failed: [{ Id: '0', Code: 'InternalError' }] }, response: {} };
      },
    { step: 'initialize' },
  );
  const { source, queueUrl, send } = await polled({ sqs });
  await send('a');
  source.start();
  await eventually(() => expect(source.errors).toEqual([expect.stringContaining('could not delete messages')]));
  await source.stop();
  expect(await aws.depth(queueUrl)).toEqual({ visible: 1, inFlight: 0 });
});

it('a batch closes before its event is longer than 6 MB', async () => {
  const sizes: number[] = [];
  const answer = (event: unknown) => {
    sizes.push(JSON.stringify(event).length);
    return { batchItemFailures: [] };
  };
  const { source, queueUrl, send } = await polled({ answer, batchSize: 40, windowSeconds: 2 });
  for (let index = 0; index < 32; index += 1) await send('a'.repeat(200_000));
  source.start();
  await aws.waitUntilEmpty(queueUrl);
  expect(source.batches).toEqual([31, 1]);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(6 * 1024 ** 2);
  expect(source.errors).toEqual([]);
});

it.each([
  [
    'whose function may run longer than messages stay invisible',
    { timeoutSeconds: 31 },
    'is less than Function timeout',
  ],
  ['of more than 10 messages without a window', { batchSize: 11 }, 'needs a maximum batching window'],
])('a mapping %s is refused, as by Lambda', async (_, options, error) => {
  const { source } = await polled(options);
  source.start();
  await eventually(() => expect(source.errors.join()).toContain(error));
});
