import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MissingFile } from '../../../model/pull/missing-file.ts';
import {
  type Answer,
  content,
  fileAt,
  fileServer,
  half,
  halfWay,
  part,
  pull,
  serving,
} from '../../support/pull-from-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('pulling a file from servers with faults', () => {
  const wrong = Buffer.from(content.map((byte) => byte ^ 1));
  it.each<[string, Answer, string]>([
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

  /** Sends the first half, then a byte every few milliseconds. */
  const trickle = () =>
    halfWay((response) => {
      const timer = setInterval(() => response.write(content.subarray(half, half + 1)), 10);
      response.on('close', () => clearInterval(timer));
    });

  it('leaves a server that sends a byte now and then, keeps its bytes, and resumes from the next address', async () => {
    const timeouts = { answerMs: 60_000, idleMs: 60_000, slow: { ms: 100, bytes: 1000 } };
    const folder = temporaryFolder();
    const error = await pull(fileAt(await trickle()), { folder, timeouts }).catch((caught: unknown) => caught);
    expect(String(error)).toMatch(/too slow: \d+ bytes in \d+\.\d s/);
    expect((await readFile(join(folder, part))).length).toBeGreaterThanOrEqual(half);
    const { serve, ranges } = fileServer();
    const { path } = await pull(fileAt(await trickle(), await serving(serve)), { timeouts });
    expect((await readFile(path)).equals(content)).toBe(true);
    expect(ranges[0]).toMatch(/^bytes=\d+-$/);
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

  it('stops with the reason of its signal, and keeps the received bytes', async () => {
    const stop = new AbortController();
    const url = await halfWay(() => {});
    const folder = temporaryFolder();
    const onProgress = (received: number) => received === half && stop.abort(new Error('no longer needed'));
    await expect(pull(fileAt(url, url), { folder, onProgress, stop: stop.signal })).rejects.toThrow('no longer needed');
    expect((await readFile(join(folder, part))).length).toBe(half);
  });
});
