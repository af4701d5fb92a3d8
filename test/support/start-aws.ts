import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { type AwsClients, awsClients } from '../../shared/stores/aws/clients.ts';
import { SqsQueue } from '../../shared/stores/aws/sqs-queue.ts';
import { textCodec } from '../../shared/stores/codec.ts';
import { atEnd } from './at-end.ts';
import { eventually } from './eventually.ts';
import { freePort } from './listen.ts';

/** An emulator of S3 and SQS in a separate process, used over HTTP like AWS. */
export interface TestAws extends AwsClients {
  readonly endpoint: string;
  /** Creates an empty bucket and returns its name. */
  makeBucket(): Promise<string>;
  /** Creates an empty queue and returns its URL. */
  makeQueue(options?: QueueOptions): Promise<string>;
  /** Creates a queue with a dead-letter queue, as in a deployment, and returns its URL. */
  makeCropsQueue(options?: QueueOptions): Promise<string>;
  put(bucket: string, key: string, body: Uint8Array | string): Promise<void>;
  depth(queueUrl: string): Promise<{ visible: number; inFlight: number }>;
  /** Waits until every message of a queue has been received and deleted. */
  waitUntilEmpty(queueUrl: string): Promise<void>;
}

interface QueueOptions {
  readonly visibilitySeconds?: number;
  /** Deliveries before a message is moved to `deadLetterUrl`; give both or neither. */
  readonly maxReceiveCount?: number;
  readonly deadLetterUrl?: string;
}

const command = fileURLToPath(new URL('../../node_modules/.bin/fauxqs', import.meta.url));

/** Starts an emulator on a free port and waits until it is ready. It ends after the test or the file, see `atEnd`. */
export async function startAws(): Promise<TestAws> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const emulator = spawn(process.execPath, [command], {
    env: { ...process.env, FAUXQS_PORT: port, FAUXQS_LOGGER: 'false' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(emulator, 'exit');
  const { s3, sqs } = awsClients({ endpoint, region: 'us-east-1' }, {});
  atEnd(async () => {
    s3.destroy();
    sqs.destroy();
    emulator.kill('SIGKILL');
    await exited;
  });
  const endedEarly = exited.then(([code]) => {
    throw new Error(`fauxqs ended with code ${code}`);
  });
  await Promise.race([eventually(async () => expect((await fetch(`${endpoint}/health`)).ok).toBe(true)), endedEarly]);
  const makeQueue = async (options: QueueOptions = {}) => {
    const Attributes = await attributesOf(options, sqs);
    const { QueueUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: `queue-${randomUUID()}`, Attributes }),
    );
    return QueueUrl;
  };
  const depth = async (url: string) => (await SqsQueue.open(sqs, url, textCodec)).depth();
  const empty = { visible: 0, inFlight: 0 };
  return {
    ...{ endpoint, s3, sqs, makeQueue, depth },
    async makeBucket() {
      const Bucket = `bucket-${randomUUID()}`;
      await s3.send(new CreateBucketCommand({ Bucket }));
      return Bucket;
    },
    async makeCropsQueue(options) {
      return makeQueue({ maxReceiveCount: 3, deadLetterUrl: await makeQueue(), ...options });
    },
    async put(Bucket, Key, Body) {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    },
    waitUntilEmpty: (url) => eventually(async () => expect(await depth(url)).toEqual(empty)),
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
