import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { files, user } from '../../support/catalog-user.ts';
import { canMount, makeReadOnly, smallDisk } from '../../support/full-disk.ts';
import { httpAnswers } from '../../support/http-answers.ts';
import { catalogEntry, catalogFile, publishedFiles, serveFiles } from '../../support/model-catalog.ts';

const { network, labels } = publishedFiles;

describe('a model that cannot be downloaded', () => {
  it('is reported in one line with both files and where to save them, and is used from there', async () => {
    const { open, cache } = await user(catalogEntry('http://127.0.0.1:9', 'http://localhost:9'));
    const message = String(await open().catch(String));
    const paths = ['net.onnx', 'labels.txt'].map((name) => join(cache.downloads, name));
    const save = (file: string, path = '') => `download http://127.0.0.1:9/${file} and save it as ${path}`;
    expect(message.split(' (')[0]).toBe(
      `UserError: net cannot be downloaded: ${save('net.onnx', paths[0])}; ${save('labels.txt', paths[1])}`,
    );
    // One reason for each of the two hosts, or one for both.
    expect(message.split(' (')[1]).toMatch(/^127\.0\.0\.1:9( and |: .*; )localhost:9: [^\n]*\)$/);
    await writeFile(paths[0] ?? '', network);
    const second = await open().catch(String);
    expect(second).toContain(`net cannot be downloaded: ${save('labels.txt', paths[1])} (`);
    expect(second).not.toContain('net.onnx');
    await writeFile(paths[1] ?? '', labels);
    expect((await open()).model.manifest.labels).toHaveLength(4);
  });

  it.each<[string, Buffer | number, string]>([
    ['a page to log in', Buffer.from('<html>'), 'expected \\d+ bytes, got a file of 6'],
    ['other bytes of the same length', Buffer.alloc(network.length, 1), 'expected sha256 '],
    ['a server error', 500, 'expected HTTP 200, got 500'],
  ])('is reported in one line if a mirror serves %s', async (_, answer, message) => {
    const url = await httpAnswers(({ url: path }, __, response) => {
      if (path === '/labels.txt') response.end(labels);
      else if (typeof answer === 'number') response.writeHead(answer).end('<html>');
      else response.setHeader('content-length', answer.length).end(answer);
    });
    const { open } = await user(catalogEntry(url));
    const text = await open().catch(String);
    expect(text).toMatch(
      new RegExp(`^UserError: net cannot be downloaded: .*net\\.onnx \\(127\\.0\\.0\\.1:\\d+: ${message}`),
    );
    expect(text).not.toContain('\n');
    expect(text).not.toContain('labels.txt and');
  });

  it('is reported with the proxy, if there is one', async () => {
    const { open } = await user(catalogEntry('http://models.invalid'));
    vi.stubEnv('HTTP_PROXY', 'http://user:secret@127.0.0.1:9');
    const stop = new AbortController();
    try {
      const message = await open({ stop: stop.signal }).catch(String);
      expect(message).toMatch(
        /^UserError: net cannot be downloaded: .* \(models\.invalid: .*; requests go through the proxy 127\.0\.0\.1:9\)$/,
      );
      expect(message).not.toContain('secret');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('keeps what was received when it is stopped', async () => {
    const url = await httpAnswers((_, __, response) => {
      response.setHeader('content-length', network.length).write(network.subarray(0, 1000));
    });
    const { open, cache } = await user(catalogEntry(url));
    const stop = new AbortController();
    const onDownload = (_: string, received: number) => received > 0 && stop.abort(new Error('stopped'));
    await expect(open({ stop: stop.signal, onDownload })).rejects.toThrow('stopped');
    expect(await readdir(cache.models)).toEqual([]);
    expect(await readdir(cache.downloads)).toContainEqual(expect.stringMatching(/^net\.onnx\..*\.part$/));
  });
});

describe.runIf(canMount)('a cache that cannot be written', () => {
  it('is used if it is read-only and has the model', async () => {
    const { url } = await serveFiles(files);
    const disk = smallDisk(3 * 2 ** 20);
    const { open } = await user(catalogEntry(url), disk);
    await open();
    makeReadOnly(disk);
    expect((await open()).model.manifest.labels).toHaveLength(4);
    await expect(open({}, 'imported')).rejects.toThrow(
      /^the model cache .*models cannot be written: the file system is read-only \(EROFS\); set XDG_CACHE_HOME to another folder/,
    );
  });

  it('is reported in one line if it is read-only and empty, or full', async () => {
    const { url } = await serveFiles(files);
    const disk = smallDisk(2 ** 20);
    makeReadOnly(disk);
    await expect((await user(catalogEntry(url), disk)).open()).rejects.toThrow(
      /^the model cache .*models cannot be written: the file system is read-only \(EROFS\); set XDG_CACHE_HOME/,
    );
    const big = Buffer.alloc(500_000, 7);
    const full = await user(
      {
        ...catalogEntry((await serveFiles({ ...files, 'net.onnx': big })).url),
        network: catalogFile('net.onnx', big, `${url}/x`, `${(await serveFiles({ 'net.onnx': big })).url}/net.onnx`),
      },
      smallDisk(200_000),
    );
    const message = await full.open().catch(String);
    expect(message).toMatch(
      /^UserError: .*net\.onnx cannot be written: the disk is full \(ENOSPC\): free space on it$|^UserError: the model cache .* cannot be written: the disk is full/,
    );
    expect(message).not.toContain('\n');
  });
});
