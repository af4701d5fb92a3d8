import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CropRule } from '../../../shared/models/crop-rule.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import {
  modelId,
  type Preprocess,
  preprocessDigest,
  preprocessWithChoice,
  preprocessWithRegions,
} from '../../../shared/models/model-manifest.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { tinyPreprocess, writeTinyModel } from '../../support/tiny-model.ts';

const folder = join(temporaryFolder(), 'model');

beforeEach(async () => {
  await rm(folder, { recursive: true, force: true });
  await writeTinyModel(folder);
});

async function editManifest(edit: (manifest: Record<string, unknown>) => unknown): Promise<void> {
  const path = join(folder, 'manifest.json');
  await writeFile(path, JSON.stringify(edit(JSON.parse(await readFile(path, 'utf8')))));
}

describe('loadModel', () => {
  it('reads the manifest and the network and names the model by its digest', async () => {
    const { id, network } = await loadModel(folder);
    expect(id).toMatch(/^tiny@[0-9a-f]{12}$/);
    expect(network.length).toBeGreaterThan(0);
  });

  const faults: [string, () => Promise<unknown>, RegExp][] = [
    ['no folder', () => rm(folder, { recursive: true }), /no model in .*: manifest\.json is missing/],
    ['no manifest', () => rm(join(folder, 'manifest.json')), /no model in .*: manifest\.json is missing/],
    [
      'a manifest that is not JSON',
      () => writeFile(join(folder, 'manifest.json'), '{'),
      /is not a model manifest: .*JSON/,
    ],
    [
      'a manifest without labels',
      () => editManifest(({ labels: _, ...rest }) => rest),
      /manifest: labels: .*expected array/,
    ],
    [
      'a manifest with an unknown field',
      () => editManifest((manifest) => ({ ...manifest, colour: 'red' })),
      /manifest: .*colour/,
    ],
    [
      'a crop larger than the resized image',
      () =>
        editManifest((manifest) => ({
          ...manifest,
          preprocess: { ...tinyPreprocess(32), resize: { rule: 'warp', width: 16, height: 16 } },
        })),
      /preprocess\.crop: the crop must fit/,
    ],
    [
      'a label for background that is not one of the labels',
      () => editManifest((manifest) => ({ ...manifest, backgroundLabel: 'nothing' })),
      /backgroundLabel: must be the id of one of several labels/,
    ],
    [
      'boxes without a label for background',
      () => editManifest((manifest) => ({ ...manifest, outputs: { ...Object(manifest['outputs']), boxes: 'boxes' } })),
      /backgroundLabel: is needed by outputs\.boxes/,
    ],
    ['no network', () => rm(join(folder, 'model.onnx')), /cannot read the network .*model\.onnx/],
    [
      'another network',
      () => appendFile(join(folder, 'model.onnx'), 'x'),
      /digest of .* expects [0-9a-f]{12}….* import the model again/,
    ],
    [
      'a network outside the folder',
      () => editManifest((manifest) => ({ ...manifest, file: '../model.onnx' })),
      /file: must be the name of the network file, without a folder/,
    ],
  ];
  it.each(faults)('rejects %s in one line', async (_, spoil, text) => {
    await spoil();
    await expect(loadModel(folder)).rejects.toThrow(text);
    await expect(loadModel(folder)).rejects.toMatchObject({ name: 'UserError' });
    await expect(loadModel(folder)).rejects.not.toThrow(/\n/);
  });

  it('rejects a path that is a file', async () => {
    await mkdir(folder, { recursive: true });
    await expect(loadModel(join(folder, 'model.onnx'))).rejects.toThrow(/no model in/);
  });
});

describe('modelId', () => {
  it('changes only with the network, the labels and which of them is the background', async () => {
    const { manifest } = await loadModel(folder);
    const [first, ...others] = manifest.labels;
    const relabeled = [{ id: first?.id ?? '', name: 'fish' }, ...others];
    const changes = [{ sha256: '0'.repeat(64) }, { labels: relabeled }, { backgroundLabel: first?.id }];
    const ids = [manifest, ...changes.map((change) => ({ ...manifest, ...change }))].map(modelId);
    expect(new Set(ids).size).toBe(4);
    expect(modelId({ ...structuredClone(manifest), version: 'another' })).toBe(ids[0]);
  });
});

describe('preprocessDigest', () => {
  it('changes only with the rule, with every field of it', () => {
    const rule = tinyPreprocess(32);
    const others = [
      { ...rule, resize: { ...rule.resize, rule: 'cover' as const } },
      { ...rule, resize: { ...rule.resize, width: 40 } },
      { ...rule, crop: { ...rule.crop, height: 30 } },
      { ...rule, mean: [1, 2, 3] as [number, number, number] },
      { ...rule, scale: [1, 1, 0.5] as [number, number, number] },
      { ...rule, background: [0, 0, 0] as [number, number, number] },
    ];
    expect(new Set([rule, ...others].map(preprocessDigest)).size).toBe(7);
    expect(preprocessDigest(structuredClone(rule))).toBe(preprocessDigest(rule));
  });

  it('is as before there were regions without them, and another for each number of regions', () => {
    const rule = tinyPreprocess(32);
    const digests = [rule, ...[1, 100, 1000].map((maximum) => preprocessWithRegions(rule, { maximum }))];
    expect(new Set(digests.map(preprocessDigest)).size).toBe(4);
    expect(preprocessDigest(rule)).toBe('320d77ba6ec714e4');
  });

  it('is as before there were decode rules for exact, and another for scaled where it changes pixels', () => {
    const rule = tinyPreprocess(32);
    const exact: Preprocess = { ...rule, decode: 'exact' };
    const scaled: Preprocess = { ...rule, decode: 'scaled' };
    expect(preprocessDigest(exact)).toBe('320d77ba6ec714e4');
    expect(preprocessDigest(scaled)).not.toBe('320d77ba6ec714e4');
    const digestBy = (crops: CropRule) =>
      [exact, scaled].map((of) => preprocessDigest(preprocessWithChoice(of, { crops })));
    expect(new Set(digestBy('ten')).size).toBe(2);
    expect(new Set(digestBy('multiscale')).size).toBe(1);
  });

  it('is that of exact for a manifest written before there were decode rules', async () => {
    const { manifest, preprocess } = await loadModel(folder);
    expect(manifest.preprocess).not.toHaveProperty('decode');
    expect(preprocess).toBe(preprocessDigest({ ...manifest.preprocess, decode: 'exact' }));
  });
});

describe('the choice of crops and regions', () => {
  const rule = tinyPreprocess(32);

  it('changes what is chosen and nothing else', () => {
    expect(preprocessWithChoice(rule, {})).toBe(rule);
    expect(preprocessWithChoice(rule, { crops: 'ten' })).toEqual({ ...rule, crop: { ...rule.crop, rule: 'ten' } });
    expect(preprocessWithChoice(rule, { crops: 'ten', regions: 9 })).toEqual({
      ...rule,
      crop: { ...rule.crop, rule: 'ten' },
      regions: { maximum: 9 },
    });
  });
});
