import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { inceptionBatch, jsonLines, launcher, repository } from '../../support/cli.ts';
import { writePhotos } from '../../support/photos.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const photos = join(folder, 'photos');
const model = join(repository, 'demo/fashion-mnist/model');
const options = ['--model', model, '--threads', '2'];
const { outputs } = (await loadModel(model)).manifest;

beforeAll(async () => {
  await writePhotos(photos, 3);
  await mkdir(join(photos, 'more'));
  const photo = await readFile(join(photos, 'photo-000.jpg'));
  for (const name of ['more/a [1].jpg', 'more/a 1.jpg', 'more/.hidden.jpg']) await writeFile(join(photos, name), photo);
  await writeFile(join(photos, 'more/note.txt'), 'no picture');
});

/** Runs classify in the folder of the photos, with a text or bytes on standard input. */
async function classify(args: readonly string[], input: string | Uint8Array = '') {
  const child = spawn(process.execPath, [launcher, 'classify', ...options, ...args], { cwd: photos });
  child.stdin.on('error', () => {}); // not every command line reads it
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

async function namesOf(args: readonly string[], input: string | Uint8Array = '') {
  const { code, stdout, stderr } = await classify(['--json', ...args], input);
  return {
    code,
    stderr,
    names: jsonLines(stdout)
      .map(({ name }) => name)
      .toSorted(),
  };
}

function* endless(chunk: string): Generator<string> {
  for (;;) yield chunk;
}

/** The first text on standard output; empty if the process ends without one. */
async function firstOutput({ stdout }: { readonly stdout: Readable }): Promise<string> {
  const [chunk = ''] = await Promise.race([once(stdout, 'data'), once(stdout, 'end')]);
  return String(chunk);
}

describe('inception-batch classify', () => {
  it('prints the five most probable labels of one image, and creates no store', async () => {
    const { code, stdout, stderr } = await classify(['photo-000.jpg']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^label +probability\n─+\n(\S.* +[\d.]+ %\n){5}$/);
    expect((await readdir(photos)).toSorted()).toEqual(['more', ...[0, 1, 2].map((n) => `photo-00${n}.jpg`)]);
  });

  it('prints the best label of each of several images, and why others are rejected', async () => {
    const { code, stdout, stderr } = await classify(['photo-001.jpg', 'more/note.txt', 'photo-000.jpg']);
    expect(code).toBe(0);
    const rows = stdout.trim().split('\n').slice(2);
    expect(rows[0]).toMatch(/^more\/note\.txt +rejected: not_an_image$/);
    expect(rows[1]).toMatch(/^photo-000\.jpg +\S.* %$/);
    expect(rows[2]).toMatch(/^photo-001\.jpg +\S.* %$/);
    expect(stderr).toMatch(/^more\/note\.txt: .+\n$/);
  });

  it('prints one line, and no table, if the only image is rejected', async () => {
    const { code, stdout, stderr } = await classify(['more/note.txt']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^more\/note\.txt: .+\n$/);
  });

  it('prints JSON lines, with embeddings if asked', async () => {
    const { stdout } = await classify(['photo-000.jpg', 'more/note.txt', '--json', '--embeddings']);
    const lines = new Map(jsonLines(stdout).map((line) => [line['name'], line]));
    expect(lines.get('more/note.txt')).toEqual({
      ...{ status: 'rejected', name: 'more/note.txt', reason: 'not_an_image', detail: expect.any(String) },
    });
    expect(lines.get('photo-000.jpg')).toMatchObject({ status: 'classified', width: 64, height: 48, format: 'jpeg' });
    expect(lines.get('photo-000.jpg')?.['embedding']).toHaveLength(outputs.embeddingSize);
    expect(jsonLines((await classify(['photo-000.jpg', '--json'])).stdout)[0]).not.toHaveProperty('embedding');
  });

  it('expands patterns and folders, without hidden files', async () => {
    expect(await namesOf(['*.jpg'])).toMatchObject({ code: 0, names: [0, 1, 2].map((n) => `photo-00${n}.jpg`) });
    const inside = ['more/a 1.jpg', 'more/a [1].jpg', 'more/note.txt'];
    expect(await namesOf(['more'])).toMatchObject({ code: 0, names: inside });
    expect(await namesOf(['more/.h*'])).toMatchObject({ code: 0, names: ['more/.hidden.jpg'] });
  });

  it('takes no file of a store inside a folder for an image', async () => {
    const drop = join(folder, 'drop');
    await writePhotos(drop, 2);
    const store = join(drop, 'albums/store');
    expect((await inceptionBatch(['run', drop, ...options, '--store', store])).code).toBe(0);
    expect(await namesOf([drop])).toMatchObject({ code: 0, names: [0, 1].map((n) => join(drop, `photo-00${n}.jpg`)) });
  });

  it('says what to do about a pipe', async () => {
    const pipe = join(folder, 'pipe');
    await promisify(execFile)('mkfifo', [pipe]);
    const { code, stderr } = await classify([pipe]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      `inception-batch: ${pipe} is a pipe: give - to read a list of paths, or save the image first\n`,
    );
  });

  it('opens no model if there is no file', async () => {
    const unknown = ['--model', join(folder, 'no-model')];
    for (const name of ['nothing/*.jpg', 's3://bucket/photos', 'missing.jpg']) {
      const { code, stderr } = await classify([name, ...unknown]);
      expect(code).toBe(1);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).not.toContain('no-model');
    }
  });

  it('takes the file whose name has the characters of a pattern', async () => {
    expect(await namesOf(['more/a [1].jpg'])).toMatchObject({ code: 0, names: ['more/a [1].jpg'] });
  });

  it('reports a pattern without files and a missing file, and classifies the others', async () => {
    const { code, stderr, names } = await namesOf(['nothing/*.jpg', 'photo-000.jpg', 'missing.jpg']);
    expect({ code, names }).toEqual({ code: 1, names: ['missing.jpg', 'photo-000.jpg'] });
    expect(stderr).toBe('inception-batch: no file matches nothing/*.jpg\n');
  });

  it.each([
    ['s3://bucket/photos', /run" classifies buckets/],
    ['https://example.com/a.jpg', /download the image first/],
    ['file:///a.jpg', /give the path/],
    ['', /empty name/],
  ])('says in one line what to do about %j', async (name, line) => {
    const { code, stderr } = await classify([name]);
    expect(code).toBe(1);
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it.each([
    ['lines', 'photo-000.jpg\n\nmore/a 1.jpg\n'],
    ['lines of Windows, without the last end', 'photo-000.jpg\r\nmore/a 1.jpg'],
    ['names separated by NUL', 'photo-000.jpg\0more/a 1.jpg\0'],
  ])('reads paths from standard input: %s', async (_, input) => {
    expect(await namesOf(['-'], input)).toMatchObject({ code: 0, names: ['more/a 1.jpg', 'photo-000.jpg'] });
  });

  it.each([
    ['nothing', '', /is empty/],
    ['an image', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]), /not a list of paths, but binary/],
    ['a very long line', 'a'.repeat(10_000), /more than 8192 characters/],
  ])('says in one line that standard input is not a list: %s', async (_, input, line) => {
    const { code, stderr } = await classify(['-', '--json'], input);
    expect(code).toBe(1);
    expect(stderr).toMatch(line);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('prints each outcome while the list on standard input still grows', async () => {
    const child = spawn(process.execPath, [launcher, 'classify', '-', '--json', ...options], { cwd: photos });
    child.stdin.write('photo-000.jpg\n');
    expect(jsonLines(await firstOutput(child))).toMatchObject([{ name: 'photo-000.jpg', status: 'classified' }]);
    child.stdin.end('photo-001.jpg\n');
    const [rest] = await Promise.all([text(child.stdout), once(child, 'close')]);
    expect(jsonLines(rest)).toMatchObject([{ name: 'photo-001.jpg' }]);
    expect(child.exitCode).toBe(0);
  });

  it('ends with 130 when it is interrupted, after the labels so far', async () => {
    const child = spawn(process.execPath, [launcher, 'classify', '-', '--json', ...options], { cwd: photos });
    child.stdin.write('photo-000.jpg\n');
    expect(await firstOutput(child)).toContain('photo-000.jpg');
    child.kill('SIGINT');
    await once(child, 'exit');
    expect(child.exitCode).toBe(130);
    child.stdin.destroy();
  });

  it('ends when the reader of its output does, such as head, although the list has no end', async () => {
    const child = spawn(process.execPath, [launcher, 'classify', '-', '--json', ...options], { cwd: photos });
    child.stdin.on('error', () => {}); // not read to its end
    Readable.from(endless('photo-000.jpg\n')).pipe(child.stdin);
    expect(await firstOutput(child)).toContain('photo-000.jpg');
    child.stdout.destroy();
    const [errors] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect({ code: child.exitCode, errors }).toEqual({ code: 0, errors: '' });
  });

  it('finds names that are not UTF-8 in a list, by a pattern and as an argument', async () => {
    const place = join(folder, 'bytes');
    await mkdir(place);
    const photo = await readFile(join(photos, 'photo-000.jpg'));
    const odd = Buffer.concat([Buffer.from(`${place}/l`), Buffer.from([0xe9]), Buffer.from('.jpg')]);
    await Promise.all([writeFile(odd, photo), writeFile(join(place, 'ok.jpg'), photo)]);
    const names = [join(place, String.raw`l\xe9.jpg`), join(place, 'ok.jpg')];
    const found = { code: 0, names, stderr: '' };
    const list = Buffer.concat([odd, Buffer.from(`\n${place}/ok.jpg\n`)]);
    expect(await namesOf(['-'], list)).toEqual(found);
    expect(await namesOf([`${place}/*`])).toEqual(found);
    const given = `${place}/l\uFFFD.jpg`; // as Node gives the byte of an argument
    expect(await namesOf([given, given, `${place}/ok.jpg`])).toEqual(found);
  });

  it('prints a problem on one line, even if the name of the file has several', async () => {
    await mkdir(join(folder, 'lines'));
    await writeFile(join(folder, 'lines', 'a\nb.png'), 'no picture');
    const { stderr } = await classify([join(folder, 'lines')]);
    expect(stderr).toMatch(/^[^\n]+a\\nb\.png: [^\n]+\n$/);
  });

  it.skipIf(!existsSync('/dev/full'))('says that standard output cannot be written', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [launcher, 'classify', 'photo-000.jpg', ...options], {
      cwd: photos,
      stdio: ['pipe', full, 'pipe'],
    });
    closeSync(full);
    const [errors] = await Promise.all([text(child.stderr ?? Readable.from([])), once(child, 'exit')]);
    expect(errors).toBe(
      'inception-batch: standard output cannot be written: the disk is full (ENOSPC): free space on it\n',
    );
    expect(child.exitCode).toBe(1);
  });

  it('needs images, and --json for --embeddings: exit code 2', async () => {
    expect((await inceptionBatch(['classify'])).code).toBe(2);
    expect(await inceptionBatch(['classify', 'a.jpg', '--embeddings'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('give --json too'),
    });
  });
});
