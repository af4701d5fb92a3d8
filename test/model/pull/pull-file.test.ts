import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../shared/failures/user-error.ts';
import {
  type Answer,
  content,
  fileAt,
  fileServer,
  folderWith,
  half,
  part,
  pull,
  serving,
} from '../../support/pull-from-server.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

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

  it.each<[string, Answer]>([
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

  it('reports a cache folder that cannot be created', async () => {
    const folder = await folderWith('file', content);
    await expect(pull(fileAt(), { folder: join(folder, 'file/models') })).rejects.toThrow(
      'cannot create the cache folder',
    );
  });
});
