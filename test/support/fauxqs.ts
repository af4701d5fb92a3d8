import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { type AwsClients, awsClients } from '../../shared/stores/aws/clients.ts';

/** S3 and SQS in a process of their own, reached over HTTP as AWS is. */
export interface Fauxqs extends AwsClients {
  readonly endpoint: string;
  /** A new, empty bucket; resolves with its name. */
  makeBucket(): Promise<string>;
  /** A new, empty queue; resolves with its URL. */
  makeQueue(options?: QueueOptions): Promise<string>;
  stop(): Promise<void>;
}

export interface QueueOptions {
  readonly visibilitySeconds?: number;
  /** Deliveries before a message goes to `deadLetterUrl`; both or neither. */
  readonly maxReceiveCount?: number;
  readonly deadLetterUrl?: string;
}

const command = fileURLToPath(new URL('../../node_modules/.bin/fauxqs', import.meta.url));

/** Starts the emulator on a free port and waits until it answers. */
export async function startFauxqs(): Promise<Fauxqs> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const emulator = spawn(process.execPath, [command], {
    env: { ...process.env, FAUXQS_PORT: String(port), FAUXQS_LOGGER: 'false' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await answers(`${endpoint}/health`, emulator);
  const { s3, sqs } = awsClients({ endpoint, region: 'us-east-1' }, {});
  return {
    endpoint,
    s3,
    sqs,
    async makeBucket() {
      const Bucket = `bucket-${randomUUID()}`;
      await s3.send(new CreateBucketCommand({ Bucket }));
      return Bucket;
    },
    async makeQueue(options = {}) {
      const Attributes = await attributesOf(options, sqs);
      const { QueueUrl = '' } = await sqs.send(
        new CreateQueueCommand({ QueueName: `queue-${randomUUID()}`, Attributes }),
      );
      return QueueUrl;
    },
    async stop() {
      s3.destroy();
      sqs.destroy();
      if (emulator.exitCode !== null) return;
      const exited = once(emulator, 'exit');
      emulator.kill('SIGKILL');
      await exited;
    },
  };
}

async function attributesOf(options: QueueOptions, sqs: AwsClients['sqs']): Promise<Record<string, string>> {
  const { visibilitySeconds = 30, maxReceiveCount, deadLetterUrl } = options;
  const visibility = { VisibilityTimeout: String(visibilitySeconds) };
  if (maxReceiveCount === undefined || deadLetterUrl === undefined) return visibility;
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterUrl, AttributeNames: ['QueueArn'] }),
  );
  const { QueueArn: deadLetterTargetArn } = Attributes;
  return { ...visibility, RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount }) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Asks until the answer comes; an emulator that ends or stays silent is an error, not a wait for ever. */
async function answers(url: string, emulator: ChildProcess): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    if (emulator.exitCode !== null) throw new Error(`fauxqs ended with code ${emulator.exitCode}`);
    const healthy = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (healthy) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  emulator.kill('SIGKILL');
  throw new Error(`fauxqs did not answer at ${url} in 30 seconds`);
}
