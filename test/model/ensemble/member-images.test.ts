import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensembleModel } from '../../../model/ensemble/ensemble-model.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { expectMean, predictions } from '../../support/member-predictions.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeMember } from '../../support/write-member.ts';

const folder = temporaryFolder();

const ten = (size: number) => ({ rule: 'ten', width: size, height: size }) as const;

describe('the images of the members of an ensemble', () => {
  it('cuts a smaller center crop of the same resized image out of the larger one', async () => {
    const resize = { rule: 'warp', width: 45, height: 45 } as const;
    const sources = [
      await writeMember({ size: 32, preprocess: { resize } }),
      await writeMember({ size: 40, channels: 5, preprocess: { resize } }),
    ];
    const out = join(folder, 'cut');
    const { refitted, manifest } = await ensembleModel({ sources, out });
    expect(refitted).toEqual([(await loadModel(sources[0] ?? '')).id]);
    expect(manifest.preprocess).toMatchObject({ resize, crop: { width: 40, height: 40 } });
    // (45 − 32) >> 1 is 6, and (45 − 40) >> 1 is 2.
    const fit = { kind: 'cut', top: 4, left: 4, height: 32, width: 32 } as const;
    expectMean(await predictions(out), [await predictions(sources[0] ?? '', fit), await predictions(sources[1] ?? '')]);
  });

  it('cuts in networks of operator set 9 too', async () => {
    const resize = { rule: 'warp', width: 44, height: 44 } as const;
    const old = (channels: number, size: number) =>
      writeMember({ size, channels, preprocess: { resize }, edit: (graph) => ({ ...graph, opset: 9 }) });
    const sources = [await old(5, 40), await old(6, 32)];
    const out = join(folder, 'old-cut');
    await ensembleModel({ sources, out });
    const fit = { kind: 'cut', top: 4, left: 4, height: 32, width: 32 } as const;
    expectMean(await predictions(out), [await predictions(sources[0] ?? ''), await predictions(sources[1] ?? '', fit)]);
  });

  it('resizes an image with the same share of its resized image', async () => {
    const sources = [await writeMember({ size: 40, channels: 5 }), await writeMember({ size: 32 })];
    const out = join(folder, 'resized');
    const { refitted, manifest } = await ensembleModel({ sources, out });
    expect(refitted).toEqual([(await loadModel(sources[1] ?? '')).id]);
    expect(manifest.preprocess.crop).toMatchObject({ width: 40, height: 40 });
    const fit = { kind: 'resize', height: 32, width: 32 } as const;
    expectMean(await predictions(out), [await predictions(sources[0] ?? ''), await predictions(sources[1] ?? '', fit)]);
  });

  it.each<[string, () => Promise<string[]>, RegExp]>([
    [
      'resized images of another share',
      async () => [
        await writeMember({ name: 'x' }),
        await writeMember({ name: 'y', size: 24, preprocess: { resize: { rule: 'warp', width: 48, height: 48 } } }),
      ],
      /^\S+\/x and \S+\/y need different images: warp to 36×36, center crop 32×32, .*, and warp to 48×48, center crop 24×24/,
    ],
    [
      'another resize rule',
      async () => [
        await writeMember({ name: 'x' }),
        await writeMember({ name: 'y', channels: 5, preprocess: { resize: { rule: 'cover', width: 36, height: 36 } } }),
      ],
      /need different images: warp to .* and cover to .*; give models with the same resize and crop rules and /,
    ],
    [
      'another background of transparent images',
      async () => [
        await writeMember({ name: 'x' }),
        await writeMember({ name: 'y', channels: 5, preprocess: { background: [0, 0, 0] } }),
      ],
      /background 255 255 255, and .*background 0 0 0; give models with the same background behind transparent pixels$/,
    ],
    [
      'another crop rule, also of the same sizes',
      async () => [await writeMember(), await writeMember({ channels: 5, preprocess: { crop: ten(32) } })],
      /warp to 36×36, center crop 32×32, .* and warp to 36×36, ten crop 32×32, .*; give models with the same resize and crop/,
    ],
    [
      'ten crops of another size: not each is in the center',
      async () => {
        const resize = { rule: 'warp', width: 45, height: 45 } as const;
        return [
          await writeMember({ size: 40, preprocess: { resize, crop: ten(40) } }),
          await writeMember({ channels: 5, preprocess: { resize, crop: ten(32) } }),
        ];
      },
      /ten crop 40×40, .* ten crop 32×32, .*; give models with the same resize and crop rules/,
    ],
  ])('are refused with %s', async (_, open, message) => {
    const out = join(folder, 'refused');
    await expect(ensembleModel({ sources: await open(), out })).rejects.toThrow(message);
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});
