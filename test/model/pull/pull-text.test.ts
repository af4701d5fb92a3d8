import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { PublishedFile } from '../../../model/pull/published-file.ts';
import { fileServer, formOf, pull, serving } from '../../support/pull-from-server.ts';

const labelFile: PublishedFile = {
  file: 'labels.txt',
  ...formOf(Buffer.from('n1 tench\nn2 crane\n')),
  isText: true,
  urls: [],
};

describe('pulling a text', () => {
  it.each([
    ['the published text', 'n1 tench\nn2 crane\n'],
    ['CRLF', 'n1 tench\r\nn2 crane\r\n'],
    ['no last line end', 'n1 tench\nn2 crane'],
    ['empty lines at the end', 'n1 tench\nn2 crane\n\n\n'],
    ['spaces at the ends of lines', 'n1 tench \nn2 crane\t\n'],
    ['a byte order mark', '\uFEFFn1 tench\nn2 crane\n'],
  ])('accepts a text with %s, downloaded or saved by hand', async (_, text) => {
    const body = Buffer.from(text);
    const labels = (url: string): PublishedFile => ({ ...labelFile, urls: [url] });
    const { path, folder } = await pull(labels(await serving(fileServer(body).serve)));
    expect((await readFile(path)).equals(body)).toBe(true);
    expect((await pull(labels('http://127.0.0.1:9'), { folder })).url).toBeUndefined();
    const chunked = await serving((_, response) => response.write(body, () => response.end()));
    expect((await readFile((await pull(labels(chunked))).path)).equals(body)).toBe(true);
  });

  it.each<[string, string | number, string]>([
    ['other words', 'n1 tench\nn2 cranes\n', 'expected sha256 '],
    ['another order', 'n2 crane\nn1 tench\n', 'expected sha256 '],
    ['spaces before words', 'n1  tench\nn2 crane\n', 'expected sha256 '],
    ['an error', 404, 'expected HTTP 200, got 404'],
    ['a text without an end', 'x'.repeat(2 ** 20 + 1), 'expected at most 1048576 bytes, got more'],
  ])('rejects a text with %s', async (_, text, message) => {
    const url = await serving((_, response) =>
      typeof text === 'number' ? response.writeHead(text).end() : response.end(text),
    );
    await expect(pull({ ...labelFile, urls: [url] })).rejects.toThrow(message);
  });

  it('stops waiting for a text that does not continue', async () => {
    const url = await serving((_, response) => response.write('n1 tench'));
    await expect(pull({ ...labelFile, urls: [url] })).rejects.toThrow('no more data after 8 bytes for 0.6 s');
  });

  it('leaves a server that sends a byte of a text now and then', async () => {
    const timeouts = { answerMs: 60_000, idleMs: 60_000, slow: { ms: 100, bytes: 1000 } };
    const url = await serving((_, response) => {
      const timer = setInterval(() => response.write('n'), 10);
      response.on('close', () => clearInterval(timer));
    });
    await expect(pull({ ...labelFile, urls: [url] }, { timeouts })).rejects.toThrow('too slow: ');
  });
});
