import { describe, expect, it } from 'vitest';
import { type PreprocessingOptions, resolvePreprocessing } from '../../../model/import/preprocessing-options.ts';
import { findPreset, presets } from '../../../model/import/presets.ts';
import { UserError } from '../../../shared/failures/user-error.ts';

const complete: PreprocessingOptions = {
  mean: [1, 2, 3],
  scale: [0.1, 0.2, 0.3],
  resize: 'cover',
  resizeSize: { width: 48, height: 40 },
  cropSize: { width: 32, height: 24 },
  order: 'BGR',
};

describe('preprocessing options', () => {
  it('default to the preset', () => {
    const { name, networkOrder, preprocess } = resolvePreprocessing({ preset: 'bvlc' }, 'googlenet-12.onnx');
    expect({ name, networkOrder, preprocess }).toEqual({
      name: 'googlenet-12',
      networkOrder: 'BGR',
      preprocess: findPreset('bvlc').preprocess,
    });
  });

  it('lay transparent pixels on white, as the command regions does, for every preset', () => {
    for (const { preprocess } of Object.values(presets)) expect(preprocess.background).toEqual([255, 255, 255]);
  });

  it('can be complete without a preset', () => {
    expect(resolvePreprocessing(complete, 'flowers.onnx')).toEqual({
      name: 'flowers',
      networkOrder: 'BGR',
      preprocess: {
        resize: { rule: 'cover', width: 48, height: 40 },
        crop: { rule: 'center', width: 32, height: 24 },
        colourOrder: 'RGB',
        mean: [1, 2, 3],
        scale: [0.1, 0.2, 0.3],
        background: [255, 255, 255],
      },
    });
  });

  it('can choose the decode rule', () => {
    const decodeOf = (options: PreprocessingOptions) => resolvePreprocessing(options, 'a').preprocess.decode;
    expect(decodeOf({ preset: 'bvlc', decode: 'scaled' })).toBe('scaled');
    expect(decodeOf({ ...complete, decode: 'scaled' })).toBe('scaled');
    expect(decodeOf({ ...complete, decode: 'exact' })).toBeUndefined();
  });

  it('override the preset', () => {
    const { preprocess, networkOrder } = resolvePreprocessing(
      { preset: 'torchvision', mean: [0, 0, 0], order: undefined },
      'a',
    );
    expect(preprocess.mean).toEqual([0, 0, 0]);
    expect(preprocess.scale).toEqual(findPreset('torchvision').preprocess.scale);
    expect(networkOrder).toBe('RGB');
  });

  it.each([
    ['nothing', {}, '--mean, --scale, --resize, --resize-size, --crop-size, --order'],
    ['all but the order', { ...complete, order: undefined }, '--order'],
    ['no sizes', { ...complete, resizeSize: undefined, cropSize: undefined }, '--resize-size, --crop-size'],
  ])('are rejected with %s and no preset, listing the missing options', (_, options, missing) => {
    expect(() => resolvePreprocessing(options, 'a.onnx')).toThrow(UserError);
    expect(() => resolvePreprocessing(options, 'a.onnx')).toThrow(
      `give --preset or all preprocessing options; missing: ${missing}`,
    );
  });

  it.each([
    ['the order of a grayscale network', { ...complete, order: undefined }, { type: 'float', channels: 1 }],
    ['mean and scale of bytes', { ...complete, mean: undefined, scale: undefined }, { type: 'uint8', channels: 3 }],
  ] as const)('are complete without %s', (_, options, image) => {
    expect(() => resolvePreprocessing(options, 'a.onnx', { image })).not.toThrow();
    expect(() => resolvePreprocessing(options, 'a.onnx')).toThrow('missing: --');
  });

  it.each([
    [
      'a color order of a grayscale network',
      { type: 'float', channels: 1 },
      {},
      '--order has no effect, because the network is grayscale: leave it out',
    ],
    [
      'mean and scale of bytes',
      { type: 'uint8', channels: 3 },
      {},
      '--mean and --scale have no effect, because the network takes bytes and normalizes them itself: leave them out',
    ],
    [
      'a scale of bytes that differs between channels',
      { type: 'uint8', channels: 3 },
      { mean: undefined },
      '--scale has no effect, because the network takes bytes and normalizes them itself: leave it out',
    ],
  ] as const)('are rejected with %s, which would be ignored', (_, image, options, message) => {
    expect(() => resolvePreprocessing({ ...complete, ...options }, 'a.onnx', { image })).toThrow(message);
  });

  it.each<[string, PreprocessingOptions]>([
    ['the values of plain pixels', { ...complete, mean: [0, 0, 0], scale: [0.1, 0.1, 0.1], order: 'RGB' }],
    ['a preset', { preset: 'bvlc' }],
  ])('may be %s for a grayscale network of bytes', (_, options) => {
    const image = { type: 'uint8', channels: 1 } as const;
    expect(() => resolvePreprocessing(options, 'a.onnx', { image })).not.toThrow();
  });

  it('are named as the caller names them', () => {
    const nameOption = (option: string) => option;
    expect(() => resolvePreprocessing({ resize: 'warp' }, 'a.onnx', { nameOption })).toThrow(
      'give preset or all preprocessing options; missing: mean, scale, resizeSize, cropSize, order',
    );
  });

  it('are rejected if the crop is larger than the image', () => {
    expect(() =>
      resolvePreprocessing({ preset: 'torchvision', cropSize: { width: 299, height: 299 } }, 'a.onnx'),
    ).toThrow('the crop of 299×299 does not fit into the resized image of 256×256');
  });

  it.each([
    ['models/GoogLeNet v1.onnx', 'googlenet-v1'],
    ['.hidden.ONNX', 'hidden'],
  ])('derive the name from the file: %s', (source, name) => {
    expect(resolvePreprocessing({ preset: 'timm' }, source).name).toBe(name);
  });

  it.each([
    ['a name in capitals', { preset: 'timm', name: 'Timm' }, 'a.onnx', 'the name Timm is invalid'],
    [
      'a scale of 0',
      { preset: 'timm', scale: [1, 0, 1] as [number, number, number] },
      'a.onnx',
      'the scale is 1,0,1: give a factor other than 0',
    ],
    ['a file name without letters', { preset: 'timm' }, '木.onnx', 'give a name'],
  ])('are rejected with %s', (_, options, source, message) => {
    expect(() => resolvePreprocessing(options, source)).toThrow(message);
  });
});

describe('presets', () => {
  it('convert pixels to the range that their networks were trained on', () => {
    const at = (name: string, pixel: number) => {
      const { mean, scale } = findPreset(name).preprocess;
      return scale.map((factor, channel) => factor * (pixel - (mean[channel] ?? Number.NaN)));
    };
    expect(at('timm', 0)).toEqual([-1, -1, -1]);
    expect(at('tensorflow', 255)).toEqual([1, 1, 1]);
    for (const [channel, value] of [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225].entries()) {
      expect(at('torchvision', 0)[channel]).toBeCloseTo(value, 6);
    }
  });

  it.each(Object.keys(presets))('are valid: %s', (preset) => {
    expect(() => resolvePreprocessing({ preset }, 'a.onnx')).not.toThrow();
  });
});
