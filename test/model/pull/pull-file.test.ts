import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MissingFile } from '../../../model/pull/missing-file.ts';
import type { PublishedFile } from '../../../model/pull/published-file.ts';
import { type PullOptions, pullFile } from '../../../model/pull/pull-file.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const content = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) % 251));
const half = content.length / 2;
const timeouts = { answerMs: 600, idleMs: 600 };

const formOf = (bytes: Buffer) => ({ bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
/** The beginning of the file, as an interrupted download leaves it. */
const part = `net.onnx.${formOf(content).sha256.slice(0, 12)}.part`;

function fileAt(...urls: string[]): PublishedFile {
  return { file: 'net.onnx', ...formOf(content), urls };
}

const labelFile: PublishedFile = {
  file: 'labels.txt',
  ...formOf(Buffer.from('n1 tench\nn2 crane\n')),
  isText: true,
  urls: [],
};

/** Serves the file or the requested range, as object stores do, and records the ranges. */
function fileServer(body: Buffer = content) {
  const ranges: (string | undefined)[] = [];
  const serve = ({ headers }: IncomingMessage, response: ServerResponse) => {
    const { range } = headers;
    ranges.push(range);
    const start = range === undefined ? 0 : Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
    if (range !== undefined) {
      response.statusCode = 206;
      response.setHeader('content-range', `bytes ${start}-${body.length - 1}/${body.length}`);
    }
    response.setHeader('content-length', body.length - start).end(body.subarray(start));
  };
  return { ranges, serve };
}

async function serving(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  return `${await httpAnswers((request, _, response) => answer(request, response))}/net.onnx`;
}

async function pull(file: PublishedFile, options: Partial<PullOptions> = {}) {
  const folder = options.folder ?? temporaryFolder();
  return { ...(await pullFile(file, { timeouts, ...options, folder })), folder };
}

async function folderWith(name: string, bytes: Uint8Array): Promise<string> {
  const folder = temporaryFolder();
  await writeFile(join(folder, name), bytes);
  return folder;
}

describe('pulling a file', () => {
  it('downloads into a new folder, reports progress, and leaves no other files', async () => {
    const url = await serving(fileServer().serve);
    const folder = join(temporaryFolder(), 'a/b');
    const progress: number[] = [];
    const result = await pull(fileAt(url), {
      folder,
      onProgress: (received, bytes) => progress.push(received / bytes),
    });
    expect(result).toEqual({ path: join(folder, 'net.onnx'), url, folder });
    expect((await readFile(result.path)).equals(content)).toBe(true);
    expect(await readdir(folder)).toEqual(['net.onnx']);
    expect([progress[0], progress.at(-1)]).toEqual([0, 1]);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it('sends no request if the file is already there', async () => {
    const folder = await folderWith('net.onnx', content);
    const { ranges, serve } = fileServer();
    const { url } = await pull(fileAt(await serving(serve)), { folder });
    expect(url).toBeUndefined();
    expect(ranges).toEqual([]);
  });

  it('replaces a file with another digest', async () => {
    const folder = await folderWith('net.onnx', Buffer.from('something else'));
    const { path } = await pull(fileAt(await serving(fileServer().serve)), { folder });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('resumes an interrupted download', async () => {
    const folder = await folderWith(part, content.subarray(0, half));
    const { ranges, serve } = fileServer();
    const { path } = await pull(fileAt(await serving(serve)), { folder });
    expect(ranges).toEqual([`bytes=${half}-`]);
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(await readdir(folder)).toEqual(['net.onnx']);
  });

  it('sends no request if an earlier download was complete but not renamed', async () => {
    const folder = await folderWith(part, content);
    const { ranges, serve } = fileServer();
    await pull(fileAt(await serving(serve)), { folder });
    expect(ranges).toEqual([]);
    expect(await readdir(folder)).toEqual(['net.onnx']);
  });

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['ignores ranges', (_, response) => response.end(content)],
    [
      'sends another range',
      ({ headers }, response) => {
        if (headers.range === undefined) response.end(content);
        else
          response.writeHead(206, { 'content-range': `bytes 0-${content.length - 1}/${content.length}` }).end(content);
      },
    ],
    [
      'rejects ranges',
      ({ headers }, response) => {
        if (headers.range === undefined) response.end(content);
        else response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      },
    ],
  ])('restarts the download if the server %s', async (_, answer) => {
    const folder = await folderWith(part, content.subarray(0, half));
    const { path } = await pull(fileAt(await serving(answer)), { folder });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it.each([
    ['from another file', Buffer.alloc(half, 7)],
    ['longer than the file', Buffer.alloc(content.length + 1)],
  ])('restarts the download if the partial file is %s', async (_, bytes) => {
    const folder = await folderWith(part, bytes);
    const { path } = await pull(fileAt(await serving(fileServer().serve)), { folder });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('resumes a download after a redirect to another server', async () => {
    const { ranges, serve } = fileServer();
    const location = await serving(serve);
    const url = await serving((_, response) => response.writeHead(302, { location }).end());
    const folder = await folderWith(part, content.subarray(0, half));
    const { path } = await pull(fileAt(url), { folder });
    expect(ranges).toEqual([`bytes=${half}-`]);
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  const wrong = Buffer.from(content.map((byte) => byte ^ 1));
  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void, string]>([
    ['sends wrong bytes', fileServer(wrong).serve, 'expected sha256'],
    ['sends another file', fileServer(Buffer.from('oid sha256:1234')).serve, 'expected 200000 bytes, got a file of 15'],
    ['sends too much', (_, response) => response.write(content, () => response.end(content)), 'got more'],
    ['does not have the file', (_, response) => response.writeHead(404).end(), 'expected HTTP 200, got 404'],
    ['is overloaded', (_, response) => response.writeHead(503).end('later'), 'expected HTTP 200, got 503'],
    ['closes the connection', (_, response) => response.destroy(), 'other side closed'],
    ['does not respond', () => {}, 'no response for 0.6 s'],
    [
      'redirects endlessly',
      (_, response) => response.writeHead(302, { location: '/' }).end(),
      'redirect count exceeded',
    ],
  ])('tries the next address if a server %s', async (_, answer, message) => {
    const bad = await serving(answer);
    const good = await serving(fileServer().serve);
    const { url, path } = await pull(fileAt(bad, good));
    expect(url).toBe(good);
    expect((await readFile(path)).equals(content)).toBe(true);
    const error = await pull(fileAt(bad)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(MissingFile);
    expect(String(error)).toContain(`${new URL(bad).host}: `);
    expect(String(error)).toContain(message);
  });

  const halfWay = (stop: (response: ServerResponse) => void) =>
    serving((_, response) => {
      response.setHeader('content-length', content.length).write(content.subarray(0, half), () => stop(response));
    });

  it('keeps the bytes of an idle server, and resumes from the next address', async () => {
    const bad = await halfWay(() => {});
    const { ranges, serve } = fileServer();
    const folder = temporaryFolder();
    await expect(pull(fileAt(bad), { folder })).rejects.toThrow(
      `no more data after ${half} of ${content.length} bytes for 0.6 s`,
    );
    expect((await readFile(join(folder, part))).equals(content.subarray(0, half))).toBe(true);
    await pull(fileAt(await halfWay(() => {}), await serving(serve)), { folder: temporaryFolder() });
    expect(ranges).toEqual([`bytes=${half}-`]);
  });

  it('resumes from the next address after a server closed the connection', async () => {
    // Any number of bytes up to half of the file can have arrived before.
    const bad = await halfWay((response) => response.destroy());
    const { path } = await pull(fileAt(bad, await serving(fileServer().serve)));
    expect((await readFile(path)).equals(content)).toBe(true);
    await expect(pull(fileAt(bad))).rejects.toThrow(/could not be downloaded/);
  });

  it('deletes wrong bytes', async () => {
    const folder = temporaryFolder();
    await expect(pull(fileAt(await serving(fileServer(wrong).serve)), { folder })).rejects.toThrow('sha256');
    expect(await readdir(folder)).toEqual([]);
  });

  it('reports where to save a manual download if all addresses fail', async () => {
    const folder = temporaryFolder();
    // Nothing listens on port 9.
    const error = await pull(fileAt('http://127.0.0.1:9/net.onnx', 'http://127.0.0.1:9/other'), { folder }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(
      /^UserError: net\.onnx could not be downloaded \(127\.0\.0\.1:9: .*; 127\.0\.0\.1:9: /,
    );
    expect(String(error)).toContain(`save it as ${join(folder, 'net.onnx')}`);
    expect(String(error)).not.toContain('\n');
  });

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

  it('downloads once for two callers at the same time', async () => {
    const { ranges, serve } = fileServer();
    const [url, folder] = [await serving(serve), temporaryFolder()];
    const waits: string[] = [];
    const onWait = () => waits.push('waits');
    const both = await Promise.all([pull(fileAt(url), { folder, onWait }), pull(fileAt(url), { folder, onWait })]);
    expect(both.map((pulled) => pulled.url).toSorted()).toEqual([url, undefined]);
    expect(ranges).toHaveLength(1);
    expect(waits).toEqual(['waits']);
    expect(await readdir(folder)).toEqual(['net.onnx']);
  });

  it('uses a file that another process finished during its own download', async () => {
    const folder = temporaryFolder();
    const url = await serving(async (_, response) => {
      await writeFile(join(folder, 'net.onnx'), content);
      response.writeHead(500).end();
    });
    expect((await pull(fileAt(url), { folder })).url).toBeUndefined();
  });

  it('replaces a folder in place of its partial file, and names one in place of the file', async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, part, 'inner'), { recursive: true });
    const url = await serving(fileServer().serve);
    const { path } = await pull(fileAt(url), { folder });
    expect((await readFile(path)).equals(content)).toBe(true);
    const blocked = temporaryFolder();
    await mkdir(join(blocked, 'net.onnx'));
    await expect(pull(fileAt(url), { folder: blocked })).rejects.toThrow(
      new UserError(`${join(blocked, 'net.onnx')} is a folder: remove it`),
    );
  });

  it('stops with the reason of its signal, and keeps the received bytes', async () => {
    const stop = new AbortController();
    const url = await halfWay(() => {});
    const folder = temporaryFolder();
    const onProgress = (received: number) => received === half && stop.abort(new Error('no longer needed'));
    await expect(pull(fileAt(url, url), { folder, onProgress, stop: stop.signal })).rejects.toThrow('no longer needed');
    expect((await readFile(join(folder, part))).length).toBe(half);
  });

  it('reports a cache folder that cannot be created', async () => {
    const folder = await folderWith('file', content);
    await expect(pull(fileAt(), { folder: join(folder, 'file/models') })).rejects.toThrow(
      'cannot create the cache folder',
    );
  });
});
