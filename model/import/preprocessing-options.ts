import { basename } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Preprocess } from '../../shared/models/model-manifest.ts';
import { findPreset, type Preprocessing, type Preset, white } from './presets.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** How a network wants its images: a preset by name, and what is otherwise; or all of it without a preset. */
export interface PreprocessingOptions {
  readonly preset?: string | undefined;
  /** Per channel, RGB whatever the network's order: value = scale × (pixel − mean), pixels 0 to 255. */
  readonly mean?: Preprocess['mean'] | undefined;
  readonly scale?: Preprocess['scale'] | undefined;
  readonly resize?: Preprocess['resize']['rule'] | undefined;
  /** Pixels; for `cover` the size that is covered. */
  readonly resizeSize?: Size | undefined;
  /** Pixels that the network takes. */
  readonly cropSize?: Size | undefined;
  /** The channel order that the network was trained on. */
  readonly order?: Preprocessing['networkOrder'] | undefined;
  /** Name in the manifest. */
  readonly name?: string | undefined;
}

export interface NamedPreprocessing extends Preprocessing {
  readonly name: string;
}

/**
 * Puts preset and options together; options count for more.
 * @param source the network's file, whose name is the model's where nothing else names it
 * @throws {UserError} naming the options that are missing without a preset, or the one that does not fit.
 */
export function resolvePreprocessing(options: PreprocessingOptions, source: string): NamedPreprocessing {
  const preset = options.preset === undefined ? undefined : findPreset(options.preset);
  const { mean, scale, resize, resizeSize, cropSize, order } = { ...flattened(preset), ...given(options) };
  if (!mean || !scale || !resize || !resizeSize || !cropSize || !order) {
    const wanted = { mean, scale, resize, 'resize-size': resizeSize, 'crop-size': cropSize, order };
    const missing = Object.entries(wanted).flatMap(([option, value]) => (value === undefined ? [`--${option}`] : []));
    throw new UserError(`give --preset or all preprocessing options; missing: ${missing.join(', ')}`);
  }
  if (scale.some((factor) => factor === 0)) {
    throw new UserError(
      `expected a scale other than 0 for each channel, got ${scale.join(',')}: the image would be lost`,
    );
  }
  if (cropSize.width > resizeSize.width || cropSize.height > resizeSize.height) {
    throw new UserError(
      `expected a crop size within the resized image of ${text(resizeSize)}, got ${text(cropSize)}: give both`,
    );
  }
  return {
    name: checkedName(options.name ?? preset?.model ?? nameOf(source)),
    networkOrder: order,
    preprocess: {
      resize: { rule: resize, ...resizeSize },
      crop: { rule: 'center', ...cropSize },
      colourOrder: 'RGB',
      mean,
      scale,
      background: preset?.preprocess.background ?? white,
    },
  };
}

type Settings = Omit<PreprocessingOptions, 'preset' | 'name'>;

function flattened(preset: Preset | undefined): Settings {
  if (preset === undefined) return {};
  const { preprocess, networkOrder } = preset;
  const { mean, scale, resize, crop } = preprocess;
  return {
    mean,
    scale,
    resize: resize.rule,
    resizeSize: { width: resize.width, height: resize.height },
    cropSize: { width: crop.width, height: crop.height },
    order: networkOrder,
  };
}

/** The options that are given: one that is left out must not hide the preset's. */
function given({ mean, scale, resize, resizeSize, cropSize, order }: Settings): Settings {
  return {
    ...(mean && { mean }),
    ...(scale && { scale }),
    ...(resize && { resize }),
    ...(resizeSize && { resizeSize }),
    ...(cropSize && { cropSize }),
    ...(order && { order }),
  };
}

function checkedName(name: string): string {
  if (/^[a-z0-9][a-z0-9._-]*$/.test(name)) return name;
  throw new UserError(`expected a name of lower-case letters, digits, ".", "_" and "-", got ${name}: give --name`);
}

/** `GoogLeNet v1.onnx` is called `googlenet-v1`. */
function nameOf(source: string): string {
  return basename(source)
    .replace(/\.onnx$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '');
}

function text({ width, height }: Size): string {
  return `${width}×${height}`;
}
