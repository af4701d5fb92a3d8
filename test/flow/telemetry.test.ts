import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { repository } from '../support/cli.ts';
import { writePhotos } from '../support/photos.ts';
import { s3Notification, sqsEvent, sqsRecord } from '../support/sqs-event.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = temporaryFolder();
const keys = ['private/emma-2026.jpg', 'private/notes.jpg', 'private/gone.jpg'];
const lineSchema = z.looseObject({ message: z.string().optional(), _aws: z.unknown().optional() });
await writeTinyModel(join(folder, 'model'));
await writePhotos(folder, 1);
const aws = await startAws();
const bucket = await aws.makeBucket();
const [photo = '', note = ''] = keys;
await aws.put(bucket, photo, await readFile(join(folder, 'photo-000.jpg')));
await aws.put(bucket, note, 'no picture');
const environment = {
  CROPS_QUEUE_URL: await aws.makeCropsQueue(),
  RESULTS: `s3://${await aws.makeBucket()}`,
  MODEL_MANIFEST: join(folder, 'model', 'manifest.json'),
  AWS_ENDPOINT: aws.endpoint,
};
const daemon = await startDaemon();
const printed = await invoke(environment, daemon.address, uploaded(bucket));
const traced = await daemon.stop();

describe('logs, metrics and traces of the ingest function', () => {
  it('log a line of JSON per fault and one per batch', () => {
    const lines = logLines();
    expect(lines.filter(({ message }) => message === 'image failed')).toMatchObject([
      {
        level: 'WARN',
        service: 'ingest',
        reason: 'not_an_image',
        again: false,
        image: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
      { level: 'WARN', reason: 'object_gone' },
    ]);
    expect(lines.filter(({ message }) => message === 'message returned')).toMatchObject([
      { reason: 'invalid_event', messageId: 'broken' },
    ]);
    expect(lines.filter(({ message }) => message === 'batch')).toMatchObject([
      {
        level: 'INFO',
        function_request_id: 'request-1',
        messages: 4,
        outcomes: { sent: 1, not_an_image: 1, object_gone: 1 },
      },
    ]);
  });

  it('count images, bytes, failures by reason and the time from upload to crops', () => {
    const metrics = printed.map((line) => JSON.parse(line)).filter((line) => line._aws !== undefined);
    expect(metrics).toContainEqual(
      expect.objectContaining({
        ImagesSent: 1,
        MessagesReturned: 1,
        BytesRead: expect.any(Number),
        UploadToCrops: expect.any(Number),
      }),
    );
    expect(metrics).toContainEqual(expect.objectContaining({ ImagesRejected: 1, reason: 'not_an_image' }));
    expect(metrics).toContainEqual(expect.objectContaining({ ImagesRejected: 1, reason: 'object_gone' }));
  });

  it('contain no key of an object and none of its bytes', () => {
    const everything = printed.join('\n') + traced;
    for (const key of keys) expect(everything).not.toContain(key.slice('private/'.length));
    expect(everything).not.toContain('private');
    expect(Math.max(...printed.map((line) => line.length))).toBeLessThan(2_000);
    expect(everything).not.toMatch(/[A-Za-z0-9+/]{200}/);
  });

  it('trace the stages of a batch', () => {
    for (const stage of ['crops', 'send', 'store']) expect(traced).toContain(`## ${stage}`);
  });
});

function logLines() {
  return printed.map((line) => lineSchema.parse(JSON.parse(line))).filter(({ _aws }) => _aws === undefined);
}

/** Collects the datagrams sent to the X-Ray daemon. */
async function startDaemon() {
  const socket = createSocket('udp4');
  const received: string[] = [];
  socket.on('message', (message) => received.push(message.toString()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    address: `127.0.0.1:${socket.address().port}`,
    stop: async () => {
      socket.close();
      await once(socket, 'close');
      return received.join('\n');
    },
  };
}

async function invoke(environment: Record<string, string>, daemon: string, event: unknown): Promise<string[]> {
  const script = join(repository, 'test/support/invoke.ts');
  const child = spawn(process.execPath, [script, join(repository, 'lambdas/ingest/index.ts')], {
    env: {
      ...process.env,
      ...environment,
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'ingest',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      LAMBDA_TASK_ROOT: repository,
      POWERTOOLS_TRACE_ENABLED: 'true',
      AWS_XRAY_DAEMON_ADDRESS: daemon,
      _X_AMZN_TRACE_ID: 'Root=1-69b52adf-4fae64874fae64874fae6487;Parent=53995c3f42cd8ad8;Sampled=1',
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(JSON.stringify(event));
  const streams = await Promise.all([text(child.stderr), text(child.stdout)]);
  const lines = streams.flatMap((stream) => stream.split('\n')).filter((line) => line !== '');
  expect(lines.at(-1)).toBe('ANSWER {"batchItemFailures":[{"itemIdentifier":"broken"}]}');
  return lines.slice(0, -1);
}

function uploaded(bucket: string): unknown {
  const broken = sqsRecord('private/emma-2026.jpg', { messageId: 'broken' });
  return { Records: [...sqsEvent(...keys.map((key) => s3Notification(bucket, key))).Records, broken] };
}
