import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { jsonLines, launcher } from '../../support/cli.ts';
import { patchScene } from '../../support/patch-scene.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();

beforeAll(async () => {
  await mkdir(join(folder, 'more'));
  await writeFile(join(folder, 'scene.jpg'), await patchScene().jpeg().toBuffer());
  await writeFile(join(folder, 'more/scene.png'), await patchScene().png().toBuffer());
  await writeFile(join(folder, 'more/note.txt'), 'no picture');
});

/** Runs regions in the folder of the images, with a text on standard input. */
async function regions(args: readonly string[], input = '') {
  const child = spawn(process.execPath, [launcher, 'regions', ...args], { cwd: folder });
  child.stdin.on('error', () => {}); // not every command line reads it
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, stdout, stderr };
}

describe('inception-batch regions', () => {
  it('prints the size, the number of boxes and the best one of each image, in the order of the images', async () => {
    const { code, stdout, stderr } = await regions(['scene.jpg', 'more/note.txt', 'more/scene.png', '--max', '3']);
    expect(code).toBe(0);
    const [head, , first, second, third] = stdout.split('\n');
    expect(head).toMatch(/^image +size +regions +best box +objectness$/);
    expect(first).toMatch(/^scene\.jpg +400×300 +3 +\d+,\d+,\d+,\d+ +[01]\.\d{3}$/);
    expect(second).toMatch(/^more\/note\.txt +rejected: not_an_image$/);
    expect(third).toMatch(/^more\/scene\.png +400×300 +3 /);
    expect(stderr).toMatch(/^more\/note\.txt: .+\n$/);
  });

  it('prints a line of JSON per image, with boxes inside the upright image, best first', async () => {
    await writeFile(
      join(folder, 'turned.jpg'),
      await patchScene().rotate(270).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    );
    const { code, stdout } = await regions(['turned.jpg', 'more', '--json', '--max', '50']);
    expect(code).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines.map(({ image }) => image)).toEqual(['turned.jpg', 'more/note.txt', 'more/scene.png']);
    expect(lines[1]).toEqual({
      image: 'more/note.txt',
      status: 'rejected',
      reason: 'not_an_image',
      detail: expect.any(String),
    });
    for (const line of [lines[0], lines[2]]) {
      const { width, height, boxes } = Object(line);
      expect({ width, height }).toEqual({ width: 400, height: 300 });
      expect(boxes.length).toBeGreaterThan(3);
      expect(boxes.length).toBeLessThanOrEqual(50);
      for (const [x, y, boxWidth, boxHeight] of boxes) {
        expect([x, y, boxWidth, boxHeight].every(Number.isInteger)).toBe(true);
        expect(Math.min(x, y, boxWidth - 1, boxHeight - 1)).toBeGreaterThanOrEqual(0);
        expect(x + boxWidth).toBeLessThanOrEqual(width);
        expect(y + boxHeight).toBeLessThanOrEqual(height);
      }
      const scores = boxes.map((box: number[]) => box[4]);
      expect(scores).toEqual(scores.toSorted((a: number, b: number) => b - a));
    }
  });

  it('prints the same boxes again, with any number of threads', async () => {
    const args = ['scene.jpg', 'more', '--json'];
    const [one, two] = [await regions([...args, '--threads', '1']), await regions([...args, '--threads', '2'])];
    expect(one.stdout).toBe(two.stdout);
  });

  it('takes a list of paths', async () => {
    const { code, stdout } = await regions(['-', '--json', '--max', '1'], 'scene.jpg\nmore/scene.png\n');
    expect(code).toBe(0);
    expect(jsonLines(stdout).map(({ image }) => image)).toEqual(['scene.jpg', 'more/scene.png']);
  });

  it.each([
    ['of one pixel', 1, 1],
    ['of one color', 640, 480],
    ['of 100 megapixels of one color', 10_000, 10_000],
    ['of a line', 4000, 1],
  ])('prints no boxes for an image %s', async (name, width, height) => {
    const image = sharp({ create: { width, height, channels: 3, background: 'teal' } });
    await writeFile(join(folder, 'plain.png'), await image.png({ compressionLevel: 1 }).toBuffer());
    const { code, stdout, stderr } = await regions(['plain.png', '--json']);
    expect({ code, stderr }, name).toEqual({ code: 0, stderr: '' });
    expect(jsonLines(stdout)).toEqual([{ image: 'plain.png', width, height, boxes: [] }]);
  });

  it('rejects damaged and missing files with the reason', async () => {
    const whole = await readFile(join(folder, 'scene.jpg'));
    await writeFile(join(folder, 'half.jpg'), whole.subarray(0, whole.length / 2));
    const { code, stdout } = await regions(['half.jpg', 'missing.jpg', 'scene.jpg', '--json']);
    expect(code).toBe(1);
    expect(jsonLines(stdout).map(({ reason }) => reason)).toEqual(['truncated', 'object_gone', undefined]);
  });

  it('prints one line, and no table, if the only image is rejected', async () => {
    const { code, stdout, stderr } = await regions(['more/note.txt']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^more\/note\.txt: .+\n$/);
  });

  it('draws the best boxes into a new folder, with names of their own, and skips that folder', async () => {
    const { code, stdout } = await regions(['scene.jpg', 'more', '.', '--out', 'more/boxes', '--max', '2']);
    expect(code).toBe(0);
    const drawings = await readdir(join(folder, 'more/boxes'));
    expect(drawings).toContain('scene.jpg');
    expect(drawings).toContain('scene-2.jpg');
    expect(stdout).toContain(`${drawings.length} drawings in more/boxes\n`);
    expect(stdout).not.toContain('more/boxes/');
    const { width, height, format } = await sharp(join(folder, 'more/boxes/scene.jpg')).metadata();
    expect({ width, height, format }).toEqual({ width: 400, height: 300, format: 'jpeg' });
  });

  it('writes no drawing into a folder with files, so that none is replaced', async () => {
    const before = await readFile(join(folder, 'scene.jpg'));
    const { code, stdout, stderr } = await regions(['scene.jpg', '--out', '.']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('inception-batch: . is not empty: give a new or empty folder\n');
    expect(await readFile(join(folder, 'scene.jpg'))).toEqual(before);
  });

  it.each([
    ['', '--out is empty: give a new or empty folder'],
    ['scene.jpg', 'scene.jpg is a file: give a new or empty folder'],
    ['scene.jpg/boxes', 'scene.jpg/boxes cannot be created: a part of its path is a file'],
  ])('says what to do about --out "%s"', async (out, message) => {
    expect(await regions(['scene.jpg', '--out', out])).toEqual({
      code: 1,
      stdout: '',
      stderr: `inception-batch: ${message}\n`,
    });
  });
});
