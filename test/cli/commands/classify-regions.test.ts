import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { jsonLines, repository } from '../../support/cli.ts';
import { picture } from '../../support/photos.ts';
import { failureOf, queryResults, runCommand } from '../../support/run-command.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folder = temporaryFolder();
const photos = join(folder, 'photos');
const model = join(repository, 'demo/fashion-mnist/model');
const options = ['--model', model, '--threads', '2'];
const { outputs } = (await loadModel(model)).manifest;
const [patch, gray] = [join(photos, 'patch.png'), join(photos, 'gray.png')];

beforeAll(async () => {
  await mkdir(photos);
  await picture(1, { width: 320, height: 240 }).png().toFile(patch);
  await sharp({ create: { width: 64, height: 48, channels: 3, background: 'gray' } })
    .png()
    .toFile(gray);
});

const classify = (...args: string[]) => runCommand(['classify', ...args, ...options]);

describe('classify --regions', () => {
  it('prints the regions of one image below its labels', async () => {
    const { code, stdout, stderr } = await classify(patch, '--regions', '50');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [labels = '', regions = ''] = stdout.split('\n\n');
    expect(labels).toMatch(/^label +probability\n─+\n(\S.* +[\d.]+ %(\n|$)){5}$/);
    expect(regions).toMatch(/^region +label +probability\n─+\n(\d+,\d+,\d+,\d+ +\S.* +[\d.]+ %\n)+$/);
  });

  it('says that no region of an image of one color shows an object', async () => {
    const { code, stdout } = await classify(gray, '--regions', '50');
    expect(code).toBe(0);
    expect(stdout).toMatch(/%\n\nNo region shows an object that the model knows\.\n$/);
  });

  it('prints the regions of several images below each of them', async () => {
    const { stdout } = await classify(patch, gray, 'missing.jpg', '--regions', '50');
    const [head, , ...rows] = stdout.trimEnd().split('\n');
    expect(head).toMatch(/^image +region +label +probability$/);
    const [ofGray, ofPatch, ...rest] = rows;
    expect(ofGray).toMatch(/gray\.png +\S.* %$/);
    expect(ofPatch).toMatch(/patch\.png +\S.* %$/);
    expect(rest.pop()).toMatch(/^missing\.jpg +rejected: object_gone$/);
    expect(rest).not.toEqual([]);
    for (const row of rest) expect(row).toMatch(/^ +\d+,\d+,\d+,\d+ +\S.* %$/);
  });

  it('prints them as JSON, with embeddings only if asked', async () => {
    const [plain] = jsonLines((await classify(patch, '--regions', '50', '--json')).stdout);
    const keys = ['height', 'label', 'label_id', 'objectness', 'probability', 'width', 'x', 'y'];
    for (const region of regionsOf(plain)) expect(Object.keys(region).toSorted()).toEqual(keys);
    const [full] = jsonLines((await classify(patch, '--regions', '50', '--json', '--embeddings')).stdout);
    for (const region of regionsOf(full)) expect(region).toHaveProperty('embedding.length', outputs.embeddingSize);
    const [none] = jsonLines((await classify(gray, '--regions', '50', '--json')).stdout);
    expect(none).toHaveProperty('regions', []);
    expect(jsonLines((await classify(patch, '--json')).stdout)[0]).not.toHaveProperty('regions');
  });

  it('finds the regions that run stores', async () => {
    const store = join(folder, 'store');
    const { code } = await runCommand(['run', photos, '--regions', '50', '--store', store, ...options]);
    expect(code).toBe(0);
    const columns = ['x', 'y', 'width', 'height', 'label_id'] as const;
    const sql = `select key, ${columns.map((name) => `[each.${name} for each in regions] as ${name}`).join(', ')} from results`;
    const [found] = jsonLines((await classify(patch, '--regions', '50', '--json')).stdout);
    const regions = regionsOf(found);
    const boxes = columns.map((name) => [name, regions.map((region) => region[name])]);
    expect(await queryResults(store, `${sql} order by key`)).toEqual([
      { key: 'gray.png', ...Object.fromEntries(columns.map((name) => [name, []])) },
      { key: 'patch.png', ...Object.fromEntries(boxes) },
    ]);
  });

  it('lays transparent pixels on the color that the command regions lays them on', async () => {
    const transparent = join(folder, 'transparent.png');
    await sharp({ create: { width: 320, height: 240, channels: 4, background: '#00000000' } })
      .composite([{ input: await picture(1, { width: 150, height: 110 }).png().toBuffer(), left: 60, top: 70 }])
      .png()
      .toFile(transparent);
    const [found] = jsonLines((await classify(transparent, '--regions', '50', '--json')).stdout);
    const [proposed] = jsonLines((await runCommand(['regions', transparent, '--max', '50', '--json'])).stdout);
    const boxes = regionsOf(found).map(({ x, y, width, height }) => [x, y, width, height]);
    const proposals = z.array(z.array(z.number())).parse(proposed?.['boxes']);
    expect(proposals.map((box) => box.slice(0, 4))).toEqual(expect.arrayContaining(boxes));
  });

  it.each(['0', '1001', '1.5', 'many'])('refuses %s regions in one line', async (count) => {
    expect(await failureOf(['classify', patch, '--regions', count], 2)).toContain(
      `argument '${count}' is invalid. Give a whole number from 1 to 1000.`,
    );
  });
});

function regionsOf(line: Record<string, unknown> | undefined) {
  return z.array(z.record(z.string(), z.unknown())).min(1).parse(line?.['regions']);
}
