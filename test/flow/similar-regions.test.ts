import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEmbedder } from '../../cli/engine/open-embedder.ts';
import { loadModel, modelWithRegions } from '../../shared/models/model-directory.ts';
import { jsonLines } from '../support/cli.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { picture } from '../support/photos.ts';
import { classifiedRow, storedRegion } from '../support/result-rows.ts';
import { commandOutput, runCommand } from '../support/run-command.ts';
import { appendTo } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const directory = await makeTinyModel();
const model = await loadModel(directory);
const store = join(folder, 'store');

const boxes = [
  { x: 0, y: 0, width: 20, height: 15 },
  { x: 30, y: 10, width: 15, height: 30 },
  { x: 5, y: 20, width: 45, height: 10 },
];

/** Rows as a run with at most `maximum` regions writes them. */
async function storeImages(names: readonly number[], maximum = 3, target = store): Promise<void> {
  const embedder = await openEmbedder(model);
  const { preprocess } = modelWithRegions(model, { maximum });
  for (const name of names) {
    const file = join(folder, `${name}.png`);
    await picture(name).png().toFile(file);
    const bytes = await picture(name).png().toBuffer();
    const { embedding, width, height } = await embedder.embed(bytes);
    const regions = [];
    for (const box of boxes) {
      const found = await embedder.embedBox(bytes, box);
      const [best = { label: '', label_id: '', probability: 0 }] = found.top;
      regions.push(storedRegion({ ...box, ...best, embedding: found.embedding }));
    }
    const key = `${name}.png`;
    const changes = { bucket: folder, image_id: `${folder}/${key}@e1`, embedding, width, height, regions };
    await appendTo(target, [[classifiedRow(key, { ...changes, model: model.id, preprocess })]]);
  }
  await embedder.close();
}

await storeImages([1, 2, 3]);

const hitSchema = z.strictObject({
  ...{ image_id: z.string(), bucket: z.string(), key: z.string(), job: z.string(), region: z.int() },
  ...{ x: z.int(), y: z.int(), width: z.int(), height: z.int() },
  ...{ label: z.string(), label_id: z.string(), probability: z.number(), similarity: z.number() },
});

const similar = (...args: string[]) => ['similar', '--regions', '--store', store, ...args];
const hitsOf = async (...args: string[]) =>
  jsonLines(await commandOutput([...similar(...args), '--json'])).map((line) => hitSchema.parse(line));

describe('regions similar to an image', () => {
  it('include a region itself that is given by its box in the file', async () => {
    for (const [index, { x, y, width, height }] of boxes.entries()) {
      const hits = await hitsOf(join(folder, '2.png'), '--box', [x, y, width, height].join(), '--model', directory);
      expect(hits).toHaveLength(9);
      expect(hits[0]).toMatchObject({ key: '2.png', region: index + 1, x, y, width, height });
      expect(hits[0]?.similarity).toBeGreaterThan(0.9999);
    }
  });

  it('are searched by the whole image without a box, and listed in a table', async () => {
    const args = similar(join(folder, '2.png'), '--model', directory, '--limit', '2');
    const stdout = await commandOutput(args);
    expect(stdout).toMatch(/similarity +probability +label +box +image/);
    expect(stdout).toMatch(/\d,\d+,\d+,\d+ +\d\.png/);
    expect(stdout).toContain(`2 nearest of 9 regions (exact search, model ${model.id})`);
  });

  it('are those of other images if it is an image of the results, given by its key', async () => {
    const ofRegion = await hitsOf('2.png', '--box', '30,10,15,30');
    expect(ofRegion.map(({ key }) => key).toSorted()).toEqual(['1.png', '1.png', '1.png', '3.png', '3.png', '3.png']);
    const ofFile = await hitsOf(join(folder, '2.png'), '--box', '30,10,15,30', '--model', directory);
    expect(ofRegion).toEqual(
      ofFile
        .filter(({ key }) => key !== '2.png')
        .map((hit) => ({ ...hit, similarity: expect.closeTo(hit.similarity, 5) })),
    );
    expect(await hitsOf('2.png', '--limit', '4')).toHaveLength(4);
  });

  it('leave a similar image to be found by its file', async () => {
    const args = ['similar', join(folder, '3.png'), '--model', directory, '--store', store, '--json'];
    const [first] = jsonLines(await commandOutput(args)).map((line) =>
      z.object({ key: z.string(), similarity: z.number() }).parse(line),
    );
    expect(first).toEqual({ key: '3.png', similarity: expect.closeTo(1, 4) });
  });

  it('are those of the named computation if the image is a file', async () => {
    const both = join(folder, 'both');
    await storeImages([1, 2], 3, both);
    await storeImages([1], 5, both);
    const args = [
      'similar',
      join(folder, '1.png'),
      '--regions',
      '--model',
      directory,
      '--store',
      both,
      '--limit',
      '100',
    ];
    const of = (maximum: number) => `${model.id}/${modelWithRegions(model, { maximum }).preprocess}`;
    const named = await Promise.all(
      [3, 5].map((maximum) => commandOutput([...args, '--embedding-model', of(maximum), '--json'])),
    );
    expect(named.map((lines) => jsonLines(lines).length)).toEqual([6, 3]);
  });

  it.each([
    [['2.png', '--box', '1,2,3,4'], 'no region 1,2,3,4 of FOLDER/2.png@e1: its regions are 0,0,20,15 30,10,15,30'],
    [['FOLDER/2.png', '--box', '0,0,4000,30', '--model', directory], 'box 0,0,4000,30 is not inside the image, which'],
    [['2.png', '--box', '1,2,3'], 'Give the left edge, the upper edge, the width and the height in pixels'],
    [['2.png', '--box', '1,2,0,4'], 'Give the left edge, the upper edge, the width and the height in pixels'],
    [['2.png', '--embedding-model', 'nonesuch'], '--embedding-model nonesuch matches no model'],
    [['nonesuch.png'], 'no image nonesuch.png'],
    [['2.png', '--label', 'nonesuch'], 'has the label nonesuch'],
    [['--duplicates'], '--regions applies to an image, not to --duplicates'],
  ])('are not searched with %j', async (args, message) => {
    const { code, stderr } = await runCommand(similar(...args.map((arg) => arg.replace('FOLDER', folder))));
    expect(code).toBeGreaterThan(0);
    expect(stderr.replaceAll(folder, 'FOLDER')).toContain(message);
  });

  it('are not there in a store without regions', async () => {
    const without = join(folder, 'without');
    await appendTo(without, [[classifiedRow('a.jpg')]]);
    const { code, stderr } = await runCommand(['similar', 'a.jpg', '--regions', '--store', without]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /was classified with regions: "npx inception-batch run .* --regions 100" does it\n$/,
      ),
    });
    const misplaced = await runCommand(['similar', 'a.jpg', '--box', '1,2,3,4', '--store', without]);
    expect(misplaced.stderr).toContain('--box is for regions: give --regions');
  });
});
