import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findPublishedModel, type PublishedModel } from '../../../model/pull/published-models.ts';
import { type PullOptions, pullModel } from '../../../model/pull/pull-model.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { inceptionBatch } from '../../support/cli.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const content = Buffer.from(Uint8Array.from({ length: 200_000 }, (_, index) => (index * 31) % 251));
const half = content.length / 2;
const timeouts = { answerMs: 600, idleMs: 600 };

function modelAt(...urls: string[]): PublishedModel {
  const sha256 = createHash('sha256').update(content).digest('hex');
  return { name: 'net', file: 'net.onnx', bytes: content.length, sha256, preset: 'bvlc', urls };
}

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

async function pull(model: PublishedModel, options: Partial<PullOptions> = {}) {
  const cacheFolder = options.cacheFolder ?? temporaryFolder();
  return { ...(await pullModel(model, { timeouts, ...options, cacheFolder })), cacheFolder };
}

async function folderWith(name: string, bytes: Uint8Array): Promise<string> {
  const folder = temporaryFolder();
  await writeFile(join(folder, name), bytes);
  return folder;
}

describe('pulling a model', () => {
  it('downloads into a new folder, reports progress, and leaves no other files', async () => {
    const url = await serving(fileServer().serve);
    const cacheFolder = join(temporaryFolder(), 'a/b');
    const progress: number[] = [];
    const result = await pull(modelAt(url), {
      cacheFolder,
      onProgress: (received, bytes) => progress.push(received / bytes),
    });
    expect(result).toEqual({ path: join(cacheFolder, 'net.onnx'), url, cacheFolder });
    expect((await readFile(result.path)).equals(content)).toBe(true);
    expect(await readdir(cacheFolder)).toEqual(['net.onnx']);
    expect([progress[0], progress.at(-1)]).toEqual([0, 1]);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it('sends no request if the file is already there', async () => {
    const cacheFolder = await folderWith('net.onnx', content);
    const { ranges, serve } = fileServer();
    const { url } = await pull(modelAt(await serving(serve)), { cacheFolder });
    expect(url).toBeUndefined();
    expect(ranges).toEqual([]);
  });

  it('replaces a file with another digest', async () => {
    const cacheFolder = await folderWith('net.onnx', Buffer.from('something else'));
    const { path } = await pull(modelAt(await serving(fileServer().serve)), { cacheFolder });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('resumes an interrupted download', async () => {
    const cacheFolder = await folderWith('net.onnx.part', content.subarray(0, half));
    const { ranges, serve } = fileServer();
    const { path } = await pull(modelAt(await serving(serve)), { cacheFolder });
    expect(ranges).toEqual([`bytes=${half}-`]);
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(await readdir(cacheFolder)).toEqual(['net.onnx']);
  });

  it('sends no request if an earlier download was complete but not renamed', async () => {
    const cacheFolder = await folderWith('net.onnx.part', content);
    const { ranges, serve } = fileServer();
    await pull(modelAt(await serving(serve)), { cacheFolder });
    expect(ranges).toEqual([]);
    expect(await readdir(cacheFolder)).toEqual(['net.onnx']);
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
    const cacheFolder = await folderWith('net.onnx.part', content.subarray(0, half));
    const { path } = await pull(modelAt(await serving(answer)), { cacheFolder });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it.each([
    ['from another file', Buffer.alloc(half, 7)],
    ['longer than the file', Buffer.alloc(content.length + 1)],
  ])('restarts the download if the partial file is %s', async (_, bytes) => {
    const cacheFolder = await folderWith('net.onnx.part', bytes);
    const { path } = await pull(modelAt(await serving(fileServer().serve)), { cacheFolder });
    expect((await readFile(path)).equals(content)).toBe(true);
  });

  it('resumes a download after a redirect to another server', async () => {
    const { ranges, serve } = fileServer();
    const location = await serving(serve);
    const url = await serving((_, response) => response.writeHead(302, { location }).end());
    const cacheFolder = await folderWith('net.onnx.part', content.subarray(0, half));
    const { path } = await pull(modelAt(url), { cacheFolder });
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
    const { url, path } = await pull(modelAt(bad, good));
    expect(url).toBe(good);
    expect((await readFile(path)).equals(content)).toBe(true);
    const error = await pull(modelAt(bad)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(UserError);
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
    const cacheFolder = temporaryFolder();
    await expect(pull(modelAt(bad), { cacheFolder })).rejects.toThrow(
      `no more data after ${half} of ${content.length} bytes for 0.6 s`,
    );
    expect((await readFile(join(cacheFolder, 'net.onnx.part'))).equals(content.subarray(0, half))).toBe(true);
    await pull(modelAt(await halfWay(() => {}), await serving(serve)), { cacheFolder: temporaryFolder() });
    expect(ranges).toEqual([`bytes=${half}-`]);
  });

  it('resumes from the next address after a server closed the connection', async () => {
    // Any number of bytes up to half of the file can have arrived before.
    const bad = await halfWay((response) => response.destroy());
    const { path } = await pull(modelAt(bad, await serving(fileServer().serve)));
    expect((await readFile(path)).equals(content)).toBe(true);
    await expect(pull(modelAt(bad))).rejects.toThrow(/could not be downloaded/);
  });

  it('deletes wrong bytes', async () => {
    const cacheFolder = temporaryFolder();
    await expect(pull(modelAt(await serving(fileServer(wrong).serve)), { cacheFolder })).rejects.toThrow('sha256');
    expect(await readdir(cacheFolder)).toEqual([]);
  });

  it('reports where to save a manual download if all addresses fail', async () => {
    const cacheFolder = temporaryFolder();
    // Nothing listens on port 9.
    const error = await pull(modelAt('http://127.0.0.1:9/net.onnx', 'http://127.0.0.1:9/other'), { cacheFolder }).catch(
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(
      /^UserError: net\.onnx could not be downloaded \(127\.0\.0\.1:9: .*; 127\.0\.0\.1:9: /,
    );
    expect(String(error)).toContain(`save it as ${join(cacheFolder, 'net.onnx')}`);
    expect(String(error)).not.toContain('\n');
  });

  it('sends requests to the mirror only', async () => {
    const { ranges, serve } = fileServer();
    const published = await serving(serve);
    const mirror = await serving(fileServer().serve);
    const { url } = await pull(modelAt(published), { url: mirror });
    expect(url).toBe(mirror);
    expect(ranges).toEqual([]);
  });

  it('reports a cache folder that cannot be created', async () => {
    const folder = await folderWith('file', content);
    await expect(pull(modelAt(), { cacheFolder: join(folder, 'file/models') })).rejects.toThrow(
      'cannot create the cache folder',
    );
  });
});

describe('model pull', () => {
  it('reports in one line that a mirror has another file', async () => {
    const url = await serving(fileServer().serve);
    const cache = temporaryFolder();
    const failed = await inceptionBatch(['model', 'pull', 'googlenet', '--url', url], { XDG_CACHE_HOME: cache });
    expect(failed.code).toBe(1);
    expect(failed.stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^inception-batch: googlenet-12\.onnx could not be downloaded \(127\.0\.0\.1:\d+: expected 28021836 bytes, got a file of 200000\): download it elsewhere and save it as /,
    );
  });
});

describe('published models', () => {
  it('are found by name', () => {
    expect(findPublishedModel('googlenet')).toMatchObject({ file: 'googlenet-12.onnx', bytes: 28_021_836 });
    expect(() => findPublishedModel('toString')).toThrow('unknown model toString: expected one of googlenet');
  });
});
