import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonLines } from '../support/cli.ts';
import { writeDamagedEmbeddings } from '../support/damaged-part.ts';
import { embeddedRows } from '../support/embedded-rows.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { picture, writePhotos } from '../support/photos.ts';
import { commandOutput, failureOf, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const drop = join(folder, 'drop');
const store = join(folder, 'store');

const hitSchema = z.object({
  image_id: z.string(),
  bucket: z.string(),
  key: z.string(),
  job: z.string(),
  label: z.string(),
  label_id: z.string(),
  probability: z.number(),
  similarity: z.number(),
});

function similar(...args: string[]): Promise<string> {
  return commandOutput(['similar', ...args, '--store', store]);
}

async function hitsOf(...args: string[]): Promise<z.output<typeof hitSchema>[]> {
  return jsonLines(await similar(...args, '--json')).map((line) => hitSchema.parse(line));
}

await writePhotos(drop, 6);
await mkdir(join(drop, 'again'));
await copyFile(join(drop, 'photo-002.jpg'), join(drop, 'again/photo-002.jpg'));
await writeFile(join(drop, 'note.jpg'), 'no picture');
const other = join(folder, 'other');
await writePhotos(other, 1);
for (const images of [drop, other]) {
  expect((await runCommand(['run', images, '--model', model, '--store', store])).code).toBe(0);
}

describe('images similar to one', () => {
  it('include the image itself if it is given by its file', async () => {
    const hits = await hitsOf(join(drop, 'photo-004.jpg'), '--model', model);
    expect(hits).toHaveLength(8);
    expect(hits[0]).toMatchObject({ key: 'photo-004.jpg', job: 'drop' });
    expect(hits[0]?.similarity).toBeGreaterThan(0.9999);
    const similarities = hits.map(({ similarity }) => similarity);
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
  });

  it('are found for a new file, whose label is printed', async () => {
    const file = join(folder, 'new.png');
    await picture(40).png().toFile(file);
    const stdout = await similar(file, '--model', model, '--limit', '2');
    expect(stdout).toMatch(/^\S+new\.png: tiny \d, \d+\.\d %\n\nsimilarity +probability +label +image\n/);
    expect(stdout).toMatch(/\n2 nearest of 8 images \(exact search, model tiny@[0-9a-f]{12}\)\n$/);
  });

  it('are found by key, by id or by the path of the file, without the image itself', async () => {
    const byKey = await hitsOf('again/photo-002.jpg', '--limit', '3');
    expect(byKey[0]).toMatchObject({ key: 'photo-002.jpg', similarity: 1 });
    const [id] = byKey.map(({ image_id }) => image_id);
    const byId = await hitsOf(id ?? '', '--limit', '3');
    expect(byId[0]).toMatchObject({ key: 'again/photo-002.jpg', similarity: 1 });
    expect(await hitsOf(join(drop, 'photo-002.jpg'), '--limit', '3')).toEqual(byId);
  });

  it('can be limited by similarity or to one job', async () => {
    const [only, ...others] = await hitsOf('again/photo-002.jpg', '--min', '0.9999999');
    expect(only?.key).toBe('photo-002.jpg');
    expect(others).toEqual([]);
    expect((await hitsOf('again/photo-002.jpg', '--job', 'other')).map(({ job }) => job)).toEqual(['other']);
  });

  it('are not found for an unknown name, nor for a file without a model', async () => {
    await expect(similar('nothing.jpg')).rejects.toThrow(
      'no image nothing.jpg: give a file, or the key or id of an image in the',
    );
    await expect(similar(join(model, 'model.onnx'))).rejects.toThrow(
      /model.onnx is not in the results: give --model with the name or directory of tiny@/,
    );
  });

  it('are not found for a label, and the command that lists its images is printed', async () => {
    const [hit] = await hitsOf('photo-004.jpg', '--job', 'drop');
    const label = hit?.label ?? '';
    await expect(similar(label)).rejects.toThrow(
      `${label} is a label, not an image: "npx inception-batch results --store ${store} --label '${label}'" lists its images`,
    );
  });

  it('are not found for a file that is not an image, and the reason is printed', async () => {
    await expect(similar(join(drop, 'note.jpg'), '--model', model)).rejects.toThrow(
      /note.jpg: not_an_image: an unknown format: if it is an image, save it as /,
    );
  });

  it('are not found with another model than that of the results, and both are named', async () => {
    const other = await makeTinyModel({ labels: 5 });
    await expect(similar(join(drop, 'photo-001.jpg'), '--model', other)).rejects.toThrow(
      /\S+ has no embeddings of tiny@[0-9a-f]{12} in \S+; it has those of tiny@[0-9a-f]{12}$/,
    );
  });
});

describe('near-duplicates', () => {
  it('are printed in groups', async () => {
    const stdout = await similar('--duplicates', '--min', '0.9999999');
    expect(stdout).toMatch(/\n1\.0000 .* again\/photo-002.jpg\n1\.0000 .* photo-002.jpg\n/);
    expect(stdout).toMatch(
      /\n2 groups of near-duplicates: 2 of 8 images are redundant \(exact search, model tiny@\S+\)/,
    );
  });

  it('are one JSON object per group with --json', async () => {
    const args = ['similar', '--duplicates', '--min', '0.9999999', '--json', '--store', store];
    const { code, stdout, stderr } = await runCommand(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const groups = jsonLines(stdout);
    expect(groups).toHaveLength(2);
    for (const { size, representative, images } of groups) {
      const members = z.array(hitSchema).parse(images);
      expect({ size, representative }).toEqual({ size: 2, representative: members[0]?.image_id });
    }
  });
});

describe('similar', () => {
  it('explains in one line that there is nothing to search', async () => {
    const none = join(folder, 'none');
    const line = await failureOf(['similar', 'x.jpg', '--store', none]);
    expect(line).toBe(
      `no results in ${none}: the folder does not exist (did you mean ${store}?); "npx inception-batch run ./photos --store ${none}" creates it`,
    );
  });

  it.each([[['0.jpg']], [['--duplicates']]])('names a damaged part in one line, searching %j', async (args) => {
    const damagedStore = join(folder, 'damaged');
    const part = await writeDamagedEmbeddings(damagedStore, embeddedRows(0, 3));
    expect(await failureOf(['similar', ...args, '--store', damagedStore])).toContain(`${part} is damaged`);
  });

  it.each([
    [['x.jpg', '--duplicates'], 'give either an image or --duplicates'],
    [['--duplicates', '--job', 'x'], '--job applies to an image, not to --duplicates'],
  ])('rejects the command line %j', async (args, line) => {
    await expect(similar(...args)).rejects.toThrow(line);
  });
});
