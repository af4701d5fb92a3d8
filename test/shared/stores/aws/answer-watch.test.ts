import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { HeadBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { AnswerWatch, type AnswerWatchOptions } from '../../../../shared/stores/aws/answer-watch.ts';
import { awsClients } from '../../../../shared/stores/aws/clients.ts';
import { atEnd } from '../../../support/at-end.ts';
import { eventually } from '../../../support/eventually.ts';
import { listen } from '../../../support/listen.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const emptyPage = '<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>';

/** A watched client of a server; attempts without an answer end after 50 ms. */
async function watched(handler: Handler, times: Pick<AnswerWatchOptions, 'reportAfterMs' | 'giveUpAfterMs'>) {
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
  const clients = awsClients({ endpoint, idleMs: 50 }, {});
  watch.attach(clients);
  const list = () => clients.s3.send(new ListObjectsV2Command({ Bucket: 'drop' }));
  return { watch, lines, endpoint, list, s3: clients.s3 };
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

describe('a service that answers', () => {
  it.each([
    ['with an error', (_: IncomingMessage, response: ServerResponse) => response.writeHead(404).end()],
    ['by closing the connection', ({ socket }: IncomingMessage) => socket.destroy()],
  ])('%s is not repeated as if it were silent', async (_name, handler) => {
    const server = await watched(handler, { reportAfterMs: 100, giveUpAfterMs: 600_000 });
    await expect(server.s3.send(new HeadBucketCommand({ Bucket: 'drop' }))).rejects.toThrow();
    expect(server.lines).toEqual([]);
  });
});
