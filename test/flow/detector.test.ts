import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadModel } from '../../shared/models/model-directory.ts';
import { parseManifest } from '../../shared/models/model-manifest.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { writePhotos } from '../support/photos.ts';
import { commandOutput, failureOf, runCommand } from '../support/run-command.ts';
import { query } from '../support/stores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const reportSchema = z.object({
  model: z.string(),
  images: z.number(),
  labels: z.array(z.object({ label: z.string(), objects: z.number() })),
  proposed: z.number(),
  leftOut: z.array(z.object({ name: z.string(), reason: z.string() })),
  clipped: z.number(),
  hasBoxRegression: z.boolean(),
  crossValidation: z.object({
    tested: z.number(),
    proposals: z.object({ at50: z.number() }),
    kept: z.object({ objects: z.number(), found: z.number(), falseBoxes: z.number() }),
  }),
});

/** Where `picture` draws its patch: x, y, width and height. */
function patchOf(number: number): readonly [number, number, number, number] {
  return [(number * 7) % 32, (number * 5) % 24, 22, 16];
}

function vocOf(name: string, [x, y, width, height]: readonly [number, number, number, number], label: string): string {
  const edges = { xmin: x + 1, ymin: y + 1, xmax: x + width, ymax: y + height };
  const box = Object.entries(edges).map(([edge, value]) => `<${edge}>${value}</${edge}>`);
  return (
    `<annotation><filename>${name}</filename><size><width>64</width><height>48</height></size>` +
    `<object><name>${label}</name><bndbox>${box.join('')}</bndbox></object></annotation>`
  );
}

describe('a detector of your own', () => {
  const folder = temporaryFolder();
  const [photos, voc, coco] = [join(folder, 'photos'), join(folder, 'patches'), join(folder, 'patches.json')];
  const detector = join(folder, 'detector');
  const labelOf = (number: number) => (number % 2 === 0 ? 'even' : 'odd');
  let tiny: string;
  let names: string[];

  async function finetune(boxes: string, out: string, ...more: readonly string[]) {
    const args = ['model', 'finetune', tiny, '--boxes', boxes, '--images', photos, '--out', out, '--regions', '30'];
    return reportSchema.parse(JSON.parse(await commandOutput([...args, '--folds', '3', '--json', ...more])));
  }

  beforeAll(async () => {
    tiny = await makeTinyModel();
    names = await writePhotos(photos, 12);
    await mkdir(voc);
    for (const [number, name] of names.entries()) {
      await writeFile(join(voc, `${name}.xml`), vocOf(name, patchOf(number), labelOf(number)));
    }
    const annotations = names.map((_, number) => ({
      image_id: number,
      category_id: number % 2,
      bbox: patchOf(number),
    }));
    const images = names.map((file_name, id) => ({ id, file_name, width: 64, height: 48 }));
    const categories = [0, 1].map((id) => ({ id, name: labelOf(id) }));
    await writeFile(coco, JSON.stringify({ images, annotations, categories }));
    await finetune(voc, detector);
  });

  it('is the same from VOC and COCO annotations of the same boxes', async () => {
    const fromVoc = await finetune(voc, join(folder, 'from-voc'), '--name', 'patches');
    const fromCoco = await finetune(coco, join(folder, 'from-coco'), '--name', 'patches');
    expect(fromCoco).toEqual(fromVoc);
    expect(fromVoc).toMatchObject({
      images: 12,
      labels: [
        { label: 'even', objects: 6 },
        { label: 'odd', objects: 6 },
      ],
      leftOut: [],
      clipped: 0,
      crossValidation: { tested: 12, kept: { objects: 12 } },
    });
  });

  it('has the background as its last label, and an output for boxes that a session reads', async () => {
    const { manifest } = await loadModel(detector);
    expect(manifest.labels.map(({ id }) => id)).toEqual(['even', 'odd', 'background']);
    expect(manifest.backgroundLabel).toBe('background');
    const { stdout, code } = await runCommand(['model', 'verify', detector]);
    expect({ code, lines: stdout }).toEqual({ code: 0, lines: expect.not.stringContaining('fail') });
  });

  it('names objects in a run with regions, but no background', async () => {
    const store = join(folder, 'store');
    const { code, stderr } = await runCommand([
      'run',
      photos,
      '--model',
      detector,
      '--store',
      store,
      '--regions',
      '30',
    ]);
    expect(code, stderr).toBe(0);
    const rows = await query(store, 'select regions from results');
    expect(rows).toHaveLength(12);
    const labels = (await query(store, 'select distinct label from regions')).flat();
    expect(['even', 'odd']).toEqual(expect.arrayContaining(labels));
  });

  it('leaves out images and boxes that cannot be used, with the reason of each', async () => {
    const mixed = join(folder, 'mixed');
    await mkdir(mixed);
    for (const [number, name] of names.entries()) {
      await writeFile(join(mixed, `${name}.xml`), vocOf(name, patchOf(number), labelOf(number)));
    }
    await copyFile(join(photos, names[3] ?? ''), join(photos, 'copy.jpg'));
    await writeFile(join(photos, 'note.jpg'), 'no picture');
    const of = (name: string, box: readonly [number, number, number, number]) =>
      writeFile(join(mixed, `${name}.xml`), vocOf(name, box, 'odd'));
    await of('gone.jpg', [0, 0, 9, 9]);
    await of('note.jpg', [0, 0, 9, 9]);
    await writeFile(join(mixed, 'outside.xml'), vocOf('../outside.jpg', [0, 0, 9, 9], 'odd'));
    await writeFile(
      join(mixed, 'other.xml'),
      vocOf('copy.jpg', [60, 40, 20, 20], 'odd').replace('<width>64', '<width>65'),
    );
    const report = await finetune(mixed, join(folder, 'from-mixed'));
    expect(report.images).toBe(12);
    expect(report.leftOut.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: '../outside.jpg', reason: 'outside_folder' },
      { name: 'copy.jpg', reason: 'other_size' },
      { name: 'gone.jpg', reason: 'not_found' },
      { name: 'note.jpg', reason: 'not_an_image' },
    ]);
    await writeFile(join(mixed, 'other.xml'), vocOf('copy.jpg', [60, 40, 20, 20], 'odd'));
    await writeFile(join(mixed, 'gone.jpg.xml'), vocOf(names[0] ?? '', [70, 50, 9, 9], 'odd'));
    await writeFile(join(mixed, `${names[0]}.xml`), '<annotation><filename>elsewhere.jpg</filename></annotation>');
    const second = await finetune(mixed, join(folder, 'from-mixed'), '--overwrite');
    expect(second.clipped).toBe(1);
    expect(second.leftOut).toContainEqual({ name: `${names[0]}: box`, reason: 'outside_image' });
  });

  it('can be the base of a classifier of whole images', async () => {
    const classes = join(folder, 'classes');
    for (const [number, name] of names.entries()) {
      await mkdir(join(classes, labelOf(number)), { recursive: true });
      await copyFile(join(photos, name), join(classes, labelOf(number), name));
    }
    const again = join(folder, 'again');
    await commandOutput(['model', 'finetune', detector, '--labels', classes, '--folds', '2', '--out', again]);
    expect((await loadModel(again)).manifest).toMatchObject({ labels: [{ id: 'even' }, { id: 'odd' }] });
  });

  it('cannot be trained or be part of an ensemble, whether it moves boxes or not', async () => {
    const still = join(folder, 'still');
    await mkdir(still);
    const { manifest, network } = await loadModel(detector);
    const { boxes: _, ...outputs } = manifest.outputs;
    await writeFile(join(still, 'manifest.json'), JSON.stringify(parseManifest({ ...manifest, outputs })));
    await writeFile(join(still, manifest.file), network);
    const out = join(folder, 'never');
    expect(await failureOf(['model', 'ensemble', still, tiny, '--out', out])).toMatch(/it is a detector/);
    const training = ['model', 'train', still, '--data', photos, '--epochs', '1', '--out', out];
    expect(await failureOf(training)).toMatch(/is a detector: train the model it was finetuned from/);
  });

  it('needs annotations of images that can be used', async () => {
    const none = join(folder, 'none.json');
    const categories = [{ id: 1, name: 'background' }];
    const images = names.map((file_name, id) => ({ id, file_name }));
    const annotations = images.map(({ id }) => ({ image_id: id, category_id: 1, bbox: [1, 1, 20, 20] }));
    const fail = async (content: object, at = photos) => {
      await writeFile(none, JSON.stringify(content));
      return failureOf(['model', 'finetune', tiny, '--boxes', none, '--images', at, '--out', join(folder, 'never')]);
    };
    expect(await fail({ images, annotations, categories })).toMatch(/has boxes labeled background: leave them out/);
    expect(await fail({ images, annotations: [], categories })).toMatch(/has no boxes to learn from$/);
    const named = { images, annotations, categories: [{ id: 1, name: 'patch' }] };
    expect(await fail(named, voc)).toMatch(
      /none of the images .* check --images; skipped: 12 not_found \(photo-000\.jpg/,
    );
    const alone = ['model', 'finetune', tiny, '--boxes', none, '--out', join(folder, 'never')];
    expect(await failureOf(alone)).toMatch(/none of the images .* give --images; skipped: 12 not_found/);
    const one = { ...named, annotations: annotations.slice(0, 1) };
    expect(await fail(one)).toMatch(/fewer than two different images with boxes, which leaves none to test on/);
    await expect(readFile(join(folder, 'never', 'manifest.json'))).rejects.toThrow('ENOENT');
  });

  it('refuses annotations that cannot be used before it reads an image', async () => {
    const path = join(folder, 'useless.json');
    const images = names.map((file_name, id) => ({ id, file_name, width: 64, height: 48 }));
    const categories = [
      { id: 1, name: 'patch' },
      { id: 2, name: 'background' },
    ];
    const fail = async (box: readonly number[], category = 1, count = names.length) => {
      const annotations = images.slice(0, count).map(({ id }) => ({ image_id: id, category_id: category, bbox: box }));
      await writeFile(path, JSON.stringify({ images, annotations, categories }));
      // Without its images: if they were read first, the message would be about them.
      return failureOf(['model', 'finetune', tiny, '--boxes', path, '--images', voc, '--out', join(folder, 'never')]);
    };
    expect(await fail([1, 1, 20, 20], 2)).toMatch(/has boxes labeled background: leave them out/);
    expect(await fail([1, 1, 0, 20])).toMatch(/no boxes to learn from; skipped: 12 empty_box \(photo-000\.jpg: box, /);
    expect(await fail([70, 1, 20, 20])).toMatch(/no boxes to learn from; skipped: 12 outside_image/);
    expect(await fail([1, 1, 20, 20], 1, 1)).toMatch(/fewer than two different images with boxes/);
  });

  it.each([
    [[], /give either --labels <path> for whole images, or --boxes <path>/],
    [['--labels', 'a', '--boxes', 'b'], /give either --labels/],
    [['--labels', 'a', '--regions', '5'], /--regions has no effect with --labels: leave it out/],
    [['--labels', 'a', '--images', 'b'], /--images has no effect with --labels/],
    [['--boxes', 'a', '--store', 'b'], /--store has no effect with --boxes/],
  ])('rejects the options %j', async (options, message) => {
    expect(await failureOf(['model', 'finetune', tiny, '--out', 'never', ...options], 2)).toMatch(message);
  });

  it.each(['0', '1001', '1.5', 'many'])('rejects --regions %s', async (count) => {
    const { code, stderr } = await runCommand([
      'model',
      'finetune',
      tiny,
      '--boxes',
      voc,
      '--out',
      'n',
      '--regions',
      count,
    ]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/--regions.*1000/) });
  });

  it('does not start if its embeddings would not fit into memory', async () => {
    const many = join(folder, 'many.json');
    const images = Array.from({ length: 200_000 }, (_, id) => ({ id, file_name: `${id}.jpg` }));
    const annotations = [1, 2].map((image_id) => ({ image_id, category_id: 1, bbox: [1, 1, 9, 9] }));
    await writeFile(many, JSON.stringify({ images, annotations, categories: [{ id: 1, name: 'patch' }] }));
    const args = ['model', 'finetune', tiny, '--boxes', many, '--regions', '1000', '--out', join(folder, 'never')];
    expect(await failureOf(args)).toMatch(/need \d+ GiB of memory: give --regions \d+ or fewer/);
  });
});
