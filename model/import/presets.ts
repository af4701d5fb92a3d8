import type { Preprocess } from '../../shared/model-manifest.ts';
import { UserError } from '../../shared/user-error.ts';

/** What a published network expects, which its file does not say. */
export interface Preset {
  /** Name in the manifest. */
  readonly model: string;
  /** The channel order that the network was trained on; crops are RGB all the same. */
  readonly networkOrder: 'RGB' | 'BGR';
  readonly preprocess: Preprocess;
}

/** Transparent pictures are mostly cut-outs and drawings, made to be seen on a white page. */
const white: Preprocess['background'] = [255, 255, 255];

/** Presets by the name that the command line takes. */
export const presets: Readonly<Record<string, Preset>> = {
  /** BVLC GoogLeNet: Caffe's BGR order, trained on images warped to 256 × 256, the means of ImageNet. */
  bvlc: {
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
};

/** @throws {UserError} listing the known names. */
export function presetNamed(name: string): Preset {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined;
  if (preset === undefined) {
    throw new UserError(`unknown preset ${name}: expected one of ${Object.keys(presets).join(', ')}`);
  }
  return preset;
}
