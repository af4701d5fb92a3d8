import { UserError } from '../../shared/failures/user-error.ts';
import type { Preprocess } from '../../shared/models/model-manifest.ts';

/** How a network wants its images, which its file does not say. */
export interface Preprocessing {
  /** The channel order that the network was trained on; crops are RGB all the same. */
  readonly networkOrder: 'RGB' | 'BGR';
  readonly preprocess: Preprocess;
}

export interface Preset extends Preprocessing {
  /** One line for people. */
  readonly description: string;
  /** Name in the manifest, where the preset stands for one network; the file's name otherwise. */
  readonly model?: string;
}

/** Transparent pictures are mostly cut-outs and drawings, made to be seen on a white page. */
export const white: Preprocess['background'] = [255, 255, 255];

/** Presets by the name that the command line takes. */
export const presets: Readonly<Record<string, Preset>> = {
  /** Caffe's BGR order, trained on images warped to 256 × 256, the means of ImageNet. */
  bvlc: {
    description: "BVLC GoogLeNet and the Model Zoo's Inception v1 and v2",
    model: 'googlenet',
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
  /** With `transform_input` too: the network itself turns this normalisation into the one it was trained on. */
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
    description: 'timm Inception at 299 pixels: inception_v3, inception_v4, inception_resnet_v2',
    networkOrder: 'RGB',
    preprocess: torch(341, 299, halves()),
  },
  /** Keras takes (pixel ÷ 127.5) − 1, which is the same as mean and deviation of a half. */
  tensorflow: {
    description: 'TensorFlow and Keras Inception at 299 pixels, channels first or last',
    networkOrder: 'RGB',
    preprocess: torch(341, 299, halves()),
  },
};

/** @throws {UserError} listing the known names. */
export function findPreset(name: string): Preset {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (preset === undefined) {
    throw new UserError(`unknown preset ${name}: expected one of ${Object.keys(presets).join(', ')}`);
  }
  return preset;
}

type Normalisation = Pick<Preprocess, 'mean' | 'scale'>;

/** The shorter side to `resize` pixels, then the middle `crop` × `crop`. */
function torch(resize: number, crop: number, normalisation: Normalisation): Preprocess {
  return {
    resize: { rule: 'cover', width: resize, height: resize },
    crop: { rule: 'center', width: crop, height: crop },
    colourOrder: 'RGB',
    ...normalisation,
    background: white,
  };
}

/** Means and deviations of ImageNet's pixels, RGB. */
function imageNet(): Normalisation {
  return normalisation([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
}

function halves(): Normalisation {
  return normalisation([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);
}

type PerChannel = readonly [number, number, number];

/** (pixel ÷ 255 − mean) ÷ deviation as scale × (pixel − mean), pixels 0 to 255. */
function normalisation([r, g, b]: PerChannel, [dr, dg, db]: PerChannel): Normalisation {
  return { mean: [r * 255, g * 255, b * 255], scale: [1 / (255 * dr), 1 / (255 * dg), 1 / (255 * db)] };
}
