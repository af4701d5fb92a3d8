import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { HeadBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { AnswerWatch, type AnswerWatchOptions } from '../../../../shared/stores/aws/answer-watch.ts';
import { awsClients } from '../../../../shared/stores/aws/clients.ts';
import { S3Store } from '../../../../shared/stores/aws/s3-store.ts';
import { atEnd } from '../../../support/at-end.ts';
import { eventually } from '../../../support/eventually.ts';
import { listen } from '../../../support/listen.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const emptyPage = '<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>';

type Times = Pick<AnswerWatchOptions, 'reportAfterMs' | 'giveUpAfterMs'>;

/** A watched client of a server. @param idleMs milliseconds after which attempts without an answer end */
async function watched(handler: Handler, times: Times, idleMs = 50) {
  const server = createServer((request, response) => handler(request, response));
  atEnd(() => {
    server.close();
    server.closeAllConnections();
  });
  const endpoint = `http://127.0.0.1:${await listen(server)}`;
  const lines: string[] = [];
  const watch = new AnswerWatch({
    ...times,
    onSilent: ({ service, request }) => lines.push(`${service} does not answer ${request}`),
    onAnswer: ({ service }) => lines.push(`${service} answers`),
  });
  const clients = awsClients({ endpoint, idleMs }, {});
  watch.attach(clients);
  const list = () => clients.s3.send(new ListObjectsV2Command({ Bucket: 'drop' }));
  const read = () => new S3Store(clients.s3).read({ bucket: 'drop', key: 'k' }, { maxBytes: 1_000_000 });
  return { watch, lines, endpoint, list, read, s3: clients.s3 };
}

describe('a service that falls silent', () => {
  it('is reported once, and its requests are answered when it goes on', async () => {
    let isStopped = true;
    const server = await watched(
      (_, response) => {
        if (!isStopped) response.end(emptyPage);
      },
      { reportAfterMs: 200, giveUpAfterMs: 600_000 },
    );
    const { endpoint, lines, watch } = server;
    const answers = Promise.all([server.list(), server.list(), server.list()]);
    await eventually(async () => expect(lines).toEqual([`${endpoint} does not answer ListObjectsV2`]));
    expect(watch.silence).toMatchObject({ service: endpoint, request: 'ListObjectsV2' });
    isStopped = false;
    expect((await answers).map(({ KeyCount }) => KeyCount)).toEqual([0, 0, 0]);
    expect(lines).toEqual([`${endpoint} does not answer ListObjectsV2`, `${endpoint} answers`]);
    expect(watch.silence).toBeUndefined();
    expect(watch.gaveUp.aborted).toBe(false);
  });

  it('ends the work after the stated time: all requests fail, and later ones at once', async () => {
    const requests: string[] = [];
    const server = await watched(({ url = '' }) => requests.push(url), { reportAfterMs: 100, giveUpAfterMs: 400 });
    const outcomes = await Promise.allSettled([server.list(), server.list()]);
    const message = /^http:\/\/127\.0\.0\.1:\d+ has not answered ListObjectsV2 for \d+ s: check the service, then run/;
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'Failure', reason: 'timeout' } });
      expect(String(outcome.status === 'rejected' && outcome.reason.message)).toMatch(message);
    }
    expect(server.watch.gaveUp.aborted).toBe(true);
    const sent = requests.length;
    await expect(server.list()).rejects.toThrow(message);
    expect(requests).toHaveLength(sent);
  });

  it('fails the requests of a server after the attempts of the SDK, and ends nothing', async () => {
    const server = await watched(() => {}, { reportAfterMs: 100, giveUpAfterMs: 400 });
    server.watch.stopHolding();
    await expect(server.list()).rejects.toThrow('timed out after 50 ms');
    expect(server.watch.gaveUp.aborted).toBe(false);
  });
});

describe('a service that falls silent in the middle of an object', () => {
  const object = Buffer.from('the bytes of an object');
  const endless = { reportAfterMs: 200, giveUpAfterMs: 600_000 };
  const begin = (response: ServerResponse, etag = '"e"') =>
    response.writeHead(200, { etag, 'content-length': object.length });

  it('is reported, and the object is complete when it goes on', async () => {
    let sent = 3;
    const { read, lines, endpoint, watch } = await watched((_, response) => {
      begin(response).write(object.subarray(0, sent));
      if (sent === object.length) response.end();
    }, endless);
    const reading = read();
    await eventually(async () => expect(lines).toEqual([`${endpoint} does not answer GetObject`]));
    expect(watch.silence).toMatchObject({ request: 'GetObject' });
    // The next answers are longer, but end too early as well.
    sent = 10;
    await eventually(async () => expect(lines.slice(1)).toEqual([`${endpoint} answers`, lines[0]]));
    sent = object.length;
    expect(Buffer.from((await reading).bytes)).toEqual(object);
    expect(lines).toHaveLength(4);
    expect(watch.silence).toBeUndefined();
  });

  it('fails the object if it has another one when it goes on', async () => {
    let answers = 0;
    const { read } = await watched((_, response) => {
      answers += 1;
      begin(response, `"${answers}"`).write('abc');
    }, endless);
    await expect(read()).rejects.toMatchObject({ name: 'Failure', reason: 'unavailable' });
    expect(answers).toBe(2);
  });

  it('ends the work after the stated time', async () => {
    const { read, watch } = await watched((_, response) => begin(response).write('abc'), {
      reportAfterMs: 100,
      giveUpAfterMs: 400,
    });
    await expect(read()).rejects.toMatchObject({
      reason: 'timeout',
      message: expect.stringContaining('has not answered GetObject'),
    });
    expect(watch.gaveUp.aborted).toBe(true);
  });

  it('fails the object at once if nobody waits', async () => {
    const { read, watch } = await watched((_, response) => begin(response).write('abc'), endless);
    watch.stopHolding();
    await expect(read()).rejects.toMatchObject({ reason: 'unavailable' });
  });
});

describe('a service that answers', () => {
  it('is not reported during a long upload that makes progress', async () => {
    const times = { reportAfterMs: 40, giveUpAfterMs: 40 };
    const { s3, lines, watch } = await watched(
      (request, response) => void request.resume().on('end', () => response.end()),
      times,
      600_000,
    );
    const ContentLength = 1000;
    async function* slowly() {
      const checksSilence = performance.now() + 10 * times.reportAfterMs;
      for (let sent = 0; sent < ContentLength; sent += 1) {
        while (sent === ContentLength / 2 && performance.now() < checksSilence) await setImmediate();
        yield Buffer.alloc(1);
      }
    }
    const Body = Readable.from(slowly(), { objectMode: false });
    await s3.send(new PutObjectCommand({ Bucket: 'drop', Key: 'k', Body, ContentLength }));
    expect(lines).toEqual([]);
    expect(watch.gaveUp.aborted).toBe(false);
  });

  it('has all its objects read, also large ones and those that are left unread', async () => {
    const object = Buffer.alloc(900_000, 'x');
    const { read, s3, lines } = await watched(
      (_, response) => response.writeHead(200, { etag: '"e"', 'content-length': object.length }).end(object),
      { reportAfterMs: 200, giveUpAfterMs: 600_000 },
    );
    const small = new S3Store(s3);
    // More than the connections that a client has.
    for (let reads = 0; reads < 60; reads += 1) {
      await expect(small.read({ bucket: 'drop', key: 'k' }, { maxBytes: 10 })).rejects.toMatchObject({
        reason: 'too_large',
      });
    }
    expect(object.equals((await read()).bytes)).toBe(true);
    expect(lines).toEqual([]);
  });

  it.each([
    ['with an error', (_: IncomingMessage, response: ServerResponse) => response.writeHead(404).end()],
    ['by closing the connection', ({ socket }: IncomingMessage) => socket.destroy()],
  ])('%s is not repeated as if it were silent', async (_name, handler) => {
    const server = await watched(handler, { reportAfterMs: 100, giveUpAfterMs: 600_000 });
    await expect(server.s3.send(new HeadBucketCommand({ Bucket: 'drop' }))).rejects.toThrow();
    expect(server.lines).toEqual([]);
  });
});
