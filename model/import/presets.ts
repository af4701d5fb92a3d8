import { didYouMean } from '../../shared/failures/suggest.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Preprocess } from '../../shared/models/model-manifest.ts';

/** The preprocessing that a network expects. Its file does not state it. */
export interface Preprocessing {
  /** The color order that the network was trained on. Crops are always RGB. */
  readonly networkOrder: 'RGB' | 'BGR';
  readonly preprocess: Preprocess;
}

export interface Preset extends Preprocessing {
  /** One line for the command's help. */
  readonly description: string;
  /** Labels of its networks, in their order, unless a label file is given or their number differs. */
  readonly labels?: readonly string[];
}

/** Most transparent images are cut-outs and drawings for a white page. */
export const white: Preprocess['background'] = [255, 255, 255];

/** The classes of nsfwjs, in the order of its networks. */
const moderationLabels = ['Drawing', 'Hentai', 'Neutral', 'Porn', 'Sexy'];

/** By name on the command line. */
export const presets: Readonly<Record<string, Preset>> = {
  /** Caffe: BGR, images warped to 256 × 256, the means of ImageNet. */
  bvlc: {
    description: "BVLC GoogLeNet and the Model Zoo's Inception v1 and v2",
    networkOrder: 'BGR',
    preprocess: {
      resize: { rule: 'warp', width: 256, height: 256 },
      crop: { rule: 'center', width: 224, height: 224 },
      colourOrder: 'RGB',
      mean: [123, 117, 104],
      scale: [1, 1, 1],
      background: white,
    },
  },
  /** Also with `transform_input`: the network converts this normalization to the one it was trained on. */
  torchvision: {
    description: 'torchvision at 224 pixels: googlenet, resnet, ...',
    networkOrder: 'RGB',
    preprocess: torch(256, 224, imageNet()),
  },
  'torchvision-299': {
    description: 'torchvision at 299 pixels: inception_v3',
    networkOrder: 'RGB',
    preprocess: torch(342, 299, imageNet()),
  },
  timm: {
    description: 'timm at 299 pixels: inception_v3, inception_v4, ...',
    networkOrder: 'RGB',
    preprocess: torch(341, 299, halves()),
  },
  /** Keras computes (pixel ÷ 127.5) − 1, which equals a mean and deviation of 0.5. */
  tensorflow: {
    description: 'TensorFlow and Keras at 299 pixels: Inception, any layout',
    networkOrder: 'RGB',
    preprocess: torch(341, 299, halves()),
  },
  nsfwjs: {
    description: 'nsfwjs at 224 pixels: MobileNetV2, MobileNetV2Mid',
    labels: moderationLabels,
    networkOrder: 'RGB',
    preprocess: stretched(224),
  },
  'nsfwjs-299': {
    description: 'nsfwjs at 299 pixels: InceptionV3',
    labels: moderationLabels,
    networkOrder: 'RGB',
    preprocess: stretched(299),
  },
};

/** @throws {UserError} with the known names */
export function findPreset(name: string): Preset {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (preset === undefined) {
    const names = Object.keys(presets);
    throw new UserError(`unknown preset ${name}${didYouMean(name, names)}: give one of ${names.join(', ')}`);
  }
  return preset;
}

type Normalization = Pick<Preprocess, 'mean' | 'scale'>;

/** Resizes the shorter side to `resize` pixels, and crops the center to `crop` × `crop`. */
function torch(resize: number, crop: number, normalization: Normalization): Preprocess {
  return {
    resize: { rule: 'cover', width: resize, height: resize },
    crop: { rule: 'center', width: crop, height: crop },
    colourOrder: 'RGB',
    ...normalization,
    background: white,
  };
}

/** Stretches the image to size × size, with values from 0 to 1. */
function stretched(size: number): Preprocess {
  return {
    resize: { rule: 'warp', width: size, height: size },
    crop: { rule: 'center', width: size, height: size },
    colourOrder: 'RGB',
    mean: [0, 0, 0],
    scale: [1 / 255, 1 / 255, 1 / 255],
    background: white,
  };
}

/** Mean and standard deviation of ImageNet pixels, RGB. */
function imageNet(): Normalization {
  return normalization([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
}

function halves(): Normalization {
  return normalization([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);
}

type PerChannel = readonly [number, number, number];

/** Converts (pixel ÷ 255 − mean) ÷ deviation to scale × (pixel − mean), with pixels from 0 to 255. */
function normalization([r, g, b]: PerChannel, [dr, dg, db]: PerChannel): Normalization {
  return { mean: [r * 255, g * 255, b * 255], scale: [1 / (255 * dr), 1 / (255 * dg), 1 / (255 * db)] };
}
