import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { embedAnnotated } from '../../../../cli/engine/finetune/embed-annotated.ts';
import { openSession } from '../../../../shared/inference/open-session.ts';
import { loadModel } from '../../../../shared/models/model-directory.ts';
import { makeTinyModel } from '../../../support/make-tiny-model.ts';
import { picture } from '../../../support/photos.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function embedderOf(folder: string) {
  const model = await loadModel(await makeTinyModel());
  const session = await openSession(model, { threads: 1 });
  onTestFinished(() => session.close());
  const options = { folder, scorer: { model, session, batchSize: 4 }, max: 5, threads: 1, onProgress: () => {} };
  return { embed: (images: Parameters<typeof embedAnnotated>[0]) => embedAnnotated(images, options), model };
}

it('counts the boxes of an image once, also if it is decoded twice', async () => {
  const folder = temporaryFolder();
  const jpeg = await picture(1).jpeg({ progressive: true }).toBuffer();
  const table = jpeg.indexOf('ffc4', jpeg.indexOf('ffda', 0, 'hex'), 'hex');
  // libjpeg warns about bytes between scans, so the image is decoded again with warnings ignored.
  const odd = Buffer.concat([jpeg.subarray(0, table), Buffer.from('other bytes'), jpeg.subarray(table)]);
  await writeFile(join(folder, 'odd.jpg'), odd);
  const objects = [
    { label: 'a', x: 50, y: 10, width: 30, height: 10 },
    { label: 'a', x: 70, y: 10, width: 30, height: 10 },
  ];
  const { embed } = await embedderOf(folder);
  const { images, leftOut, clipped } = await embed([{ name: 'odd.jpg', objects }]);
  expect({ clipped, leftOut }).toEqual({ clipped: 1, leftOut: [{ name: 'odd.jpg: box', reason: 'outside_image' }] });
  expect(images).toMatchObject([{ width: 64, height: 48, objects: [{ x: 50, width: 14 }] }]);
});

it('embeds the whole image, then its objects in whole pixels, then the proposals', async () => {
  const folder = temporaryFolder();
  await writeFile(join(folder, 'a.png'), await picture(1).png().toBuffer());
  const { embed, model } = await embedderOf(folder);
  const objects = [{ label: 'a', x: 6.6, y: 4.7, width: 20.2, height: 0.2 }];
  const [image] = (await embed([{ name: 'a.png', objects }])).images;
  const count = image?.boxes.length ?? 0;
  expect(image?.boxes[0]).toMatchObject({ x: 7, y: 5, width: 20, height: 1 });
  expect(count).toBeGreaterThan(1);
  expect(image?.embeddings).toHaveLength((1 + count) * model.manifest.outputs.embeddingSize);
});

it('leaves out an image that has another size than its annotation states', async () => {
  const folder = temporaryFolder();
  await writeFile(join(folder, 'a.png'), await picture(1).png().toBuffer());
  const { embed } = await embedderOf(folder);
  for (const [size, reasons] of [
    [{ width: 64, height: 48 }, []],
    [{ width: 64, height: 47 }, ['other_size']],
    [{ width: 63, height: 48 }, ['other_size']],
    [{ width: 48, height: 64 }, ['other_size']],
  ] as const) {
    const { leftOut } = await embed([{ name: 'a.png', size, objects: [] }]);
    expect(leftOut.map(({ reason }) => reason)).toEqual(reasons);
  }
});
