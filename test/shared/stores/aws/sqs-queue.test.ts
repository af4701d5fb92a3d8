import type { ServerResponse } from 'node:http';
import { DeleteQueueCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { messageJson } from '../../../../shared/events/message-json.ts';
import { Failure } from '../../../../shared/failures/failure.ts';
import { awsClients } from '../../../../shared/stores/aws/clients.ts';
import { SqsQueue } from '../../../../shared/stores/aws/sqs-queue.ts';
import { type Codec, textCodec } from '../../../../shared/stores/codec.ts';
import type { Queue } from '../../../../shared/stores/ports.ts';
import { httpAnswers } from '../../../support/http-answers.ts';
import { startAws } from '../../../support/start-aws.ts';
import { queueContract } from '../contract/queue.ts';

const soon = { max: 10, waitSeconds: 5 };
const mebibyte = 1_048_576;
const aws = await startAws();

describe('SQS as a queue', () => {
  queueContract(async ({ visibilitySeconds, maxAttempts }) => {
    if (maxAttempts === undefined) {
      return { queue: await open(await aws.makeQueue({ visibilitySeconds })), deadLetters: async () => [] };
    }
    const deadLetterUrl = await aws.makeQueue();
    const dead = await open(deadLetterUrl);
    const url = await aws.makeQueue({ visibilitySeconds, maxReceiveCount: maxAttempts, deadLetterUrl });
    return { queue: await open(url), deadLetters: (expected) => bodies(dead, expected) };
  });
});

describe('the SQS queue', () => {
  it('fills requests, and sends a message of the maximum size', async () => {
    const queue = await open(await aws.makeQueue());
    const sizes = [mebibyte, 400_000, 400_000, 400_000, mebibyte - 1, 1];
    expect(await queue.send(sizes.map((size) => 'x'.repeat(size)))).toEqual([]);
    const received = await bodies(queue, sizes.length);
    expect(received.map(({ length }) => length).toSorted()).toEqual(sizes.toSorted());
  });

  it('refuses only the messages over the limit, which counts bytes', async () => {
    const queue = await open(await aws.makeQueue());
    const refused = await queue.send(['before', 'é'.repeat(mebibyte / 2 + 1), 'after']);
    expect(refused).toMatchObject([
      { index: 1, failure: { reason: 'too_large', message: 'the message has 1048578 bytes, the limit is 1048576' } },
    ]);
    expect((await bodies(queue, 2)).toSorted()).toEqual(['after', 'before']);
  });

  it('refuses only the messages with characters that SQS rejects', async () => {
    const queue = await open(await aws.makeQueue());
    const refused = await queue.send([...Array.from({ length: 11 }, () => 'good'), 'bad\u0000']);
    expect(refused).toMatchObject([{ index: 11, failure: { reason: 'internal' } }]);
    expect(await bodies(queue, 11)).toHaveLength(11);
  });

  it('carries any key in a message of `messageJson`', async () => {
    const queue = await open(await aws.makeQueue());
    const key = '🦊 \u0000\uFFFE\uFFFF\u{1F9BA}.jpg';
    expect(await queue.send([messageJson({ key })])).toEqual([]);
    const [text = ''] = await bodies(queue, 1);
    expect(JSON.parse(text)).toEqual({ key });
  });

  it('delivers a message that cannot be decoded as its failure', async () => {
    const url = await aws.makeQueue();
    const numbers: Codec<number> = {
      encode: String,
      decode: (text) => {
        if (!/^\d+$/.test(text)) throw new Failure('invalid_crop', `expected a number, got ${text}`);
        return Number(text);
      },
    };
    await (await open(url)).send(['1', 'one']);
    const received = await (await SqsQueue.open(aws.sqs, url, numbers)).receive(soon);
    expect(received.map(({ body }) => (body instanceof Failure ? body.reason : body))).toEqual([1, 'invalid_crop']);
  });

  it('reports a missing queue in one line', async () => {
    const url = `${aws.endpoint}/000000000000/no-such-queue`;
    await expect(open(url)).rejects.toMatchObject({ name: 'UserError', message: `the queue ${url} does not exist` });
  });
});

describe('entries that SQS fails', () => {
  it('are sent again for a fault of the service', async () => {
    const requests: string[][] = [];
    const queue = await queueThatFails((entries) => {
      requests.push(entries);
      return requests.length < 3
        ? entries.slice(-1).map((Id) => ({ Id, SenderFault: false, Code: 'InternalError' }))
        : [];
    });
    expect(await queue.send(['a', 'b', 'c'])).toEqual([]);
    expect(requests).toEqual([['0', '1', '2'], ['2'], ['2']]);
  });

  it('are refused after four attempts, or at once for a fault of the sender', async () => {
    const requests: string[][] = [];
    const queue = await queueThatFails((entries) => {
      requests.push(entries);
      return entries.map((Id) => ({ Id, SenderFault: Id === '0', Code: Id === '0' ? 'Wrong' : 'InternalError' }));
    });
    expect(await queue.acknowledge(['a', 'b'])).toMatchObject([
      { index: 0, failure: { reason: 'internal' } },
      { index: 1, failure: { reason: 'unavailable' } },
    ]);
    expect(requests).toEqual([['0', '1'], ['1'], ['1'], ['1']]);
  });

  it('fail with a transient failure if access is denied', async () => {
    const queue = await queueThatFails((entries) =>
      entries.map((Id) => ({ Id, SenderFault: true, Code: 'KmsAccessDenied', Message: 'no key' })),
    );
    expect(await queue.send(['a'])).toMatchObject([
      { index: 0, failure: { reason: 'unavailable', isTransient: true } },
    ]);
  });

  it('keep their indexes across requests', async () => {
    const queue = await queueThatFails((entries) =>
      entries.filter((Id) => Id === '3' || Id === '13').map((Id) => ({ Id, SenderFault: true, Code: 'Wrong' })),
    );
    const refused = await queue.acknowledge(Array.from({ length: 15 }, (_, index) => `receipt ${index}`));
    expect(refused.map(({ index }) => index)).toEqual([3, 13]);
  });
});

describe('a request that fails as a whole', () => {
  /** Attempts of the client itself. */
  const clientAttempts = 3;
  const answering = async (answers: (request: number) => number) => {
    let requests = 0;
    const endpoint = await httpAnswers((_request, body, response) => {
      const isOpening = !body.includes('"Id"');
      requests += isOpening ? 0 : 1;
      response.writeHead(isOpening ? 200 : answers(requests), { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(isOpening ? { Attributes: {} } : { Successful: [], Failed: [] }));
    });
    const queue = await SqsQueue.open(awsClients({ endpoint }, {}).sqs, `${endpoint}/000000000000/queue`, textCodec);
    return { queue, requests: () => requests };
  };

  it('is sent again for a transient failure', async () => {
    const { queue, requests } = await answering((request) => (request <= clientAttempts ? 503 : 200));
    expect(await queue.acknowledge(['a', 'b'])).toEqual([]);
    expect(requests()).toBe(clientAttempts + 1);
  });

  it('refuses every entry after four attempts, or at once if access is denied', async () => {
    const unavailable = await answering(() => 503);
    expect(await unavailable.queue.setVisibility(['a', 'b'], 5)).toMatchObject([
      { index: 0, failure: { reason: 'throttled' } },
      { index: 1, failure: { reason: 'throttled' } },
    ]);
    expect(unavailable.requests()).toBe(4 * clientAttempts);
    const refused = await answering(() => 403);
    expect(await refused.queue.acknowledge(['a'])).toMatchObject([{ index: 0, failure: { isTransient: true } }]);
    expect(refused.requests()).toBe(1);
  });
});

it.each([
  ['16 small requests', 320, 1_000, 16],
  ['4 requests of the largest size', 8, mebibyte, 4],
])('%s are sent at the same time', async (_, count, size, max) => {
  const running: ServerResponse[] = [];
  const peaks: number[] = [];
  const answerAll = () => {
    peaks.push(running.length);
    for (const response of running.splice(0)) response.end(JSON.stringify({ Successful: [], Failed: [] }));
  };
  const endpoint = await httpAnswers((_request, body, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    if (!body.includes('"Id"')) response.end(JSON.stringify({ Attributes: {} }));
    else if (running.push(response) === max) setTimeout(answerAll, 50);
  });
  const queue = await SqsQueue.open(awsClients({ endpoint }, {}).sqs, `${endpoint}/000000000000/queue`, textCodec);
  expect(await queue.send(Array.from({ length: count }, () => 'x'.repeat(size)))).toEqual([]);
  expect(peaks).toEqual([max, max]);
});

it('refuses every entry if the queue was deleted', async () => {
  const url = await aws.makeQueue();
  const queue = await open(url);
  await aws.sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
  const refused = await queue.send(['a', 'b']);
  expect(refused.map(({ index }) => index)).toEqual([0, 1]);
  expect(refused[0]?.failure.message).toContain('QueueDoesNotExist');
  // The images are not at fault: their messages are delivered again.
  expect(refused.map(({ failure }) => failure.isTransient)).toEqual([true, true]);
  // Not transient, so a receive is not repeated.
  await expect(queue.receive(soon)).rejects.toMatchObject({ name: 'Failure', isTransient: false });
  await expect(queue.depth()).rejects.toMatchObject({ name: 'Failure' });
});

function open(url: string): Promise<SqsQueue<string>> {
  return SqsQueue.open(aws.sqs, url, textCodec);
}

async function bodies(queue: Queue<string>, expected: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < expected) {
    const got = await queue.receive(soon);
    if (got.length === 0) throw new Error(`expected ${expected} messages, got ${seen.length}`);
    seen.push(...got.map(({ body }) => String(body)));
  }
  return seen;
}

/** A queue whose service fails entries by their ids, which the emulator cannot do. */
async function queueThatFails(failed: (ids: string[]) => object[]): Promise<SqsQueue<string>> {
  const endpoint = await httpAnswers((_request, body, response) => {
    const ids = [...body.matchAll(/"Id":"(\d+)"/g)].map(([, id = '']) => id);
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    const isOpening = ids.length === 0;
    response.end(JSON.stringify(isOpening ? { Attributes: {} } : { Successful: [], Failed: failed(ids) }));
  });
  return SqsQueue.open(awsClients({ endpoint }, {}).sqs, `${endpoint}/000000000000/queue`, textCodec);
}
