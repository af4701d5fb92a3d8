import { basename, dirname, resolve } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { type DecodeRule, defaultDecodeRule } from '../../shared/models/decode-rule.ts';
import { type Preprocess, preprocessWithDecodeRule } from '../../shared/models/model-manifest.ts';
import type { ImageInput } from '../graph/image-input.ts';
import { commandOption, type NameOption } from './option-name.ts';
import { findPreset, type Preprocessing, type Preset, white } from './presets.ts';
import { checkUsed } from './unused-options.ts';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A preset with optional overrides, or all options without a preset. */
export interface PreprocessingOptions {
  readonly preset?: string | undefined;
  /**
   * Per channel, always RGB: value = scale × (pixel − mean), with pixels from 0 to 255. Not for a network of bytes,
   * which normalizes its images itself.
   */
  readonly mean?: Preprocess['mean'] | undefined;
  readonly scale?: Preprocess['scale'] | undefined;
  readonly resize?: Preprocess['resize']['rule'] | undefined;
  /** Size in pixels after the resize; `cover` fills at least this size. */
  readonly resizeSize?: Size | undefined;
  /** Size of the network's input, pixels. */
  readonly cropSize?: Size | undefined;
  /** The color order that the network was trained on; not for a grayscale network. */
  readonly order?: Preprocessing['networkOrder'] | undefined;
  /** @default `defaultDecodeRule` */
  readonly decode?: DecodeRule | undefined;
  /** Name in the manifest. */
  readonly name?: string | undefined;
}

export interface NamedPreprocessing extends Preprocessing {
  readonly name: string;
  /** Labels of the preset's networks. */
  readonly labels?: readonly string[] | undefined;
}

export interface PreprocessingContext {
  /** How the network takes its images: it does not need every option. @default color images of floats */
  readonly image?: Pick<ImageInput, 'type' | 'channels'> | undefined;
  /** @default `commandOption` */
  readonly nameOption?: NameOption | undefined;
}

/**
 * Combines the preset and the options, which override it.
 * @param source the network's file, from whose name the model's name is derived by default
 * @throws {UserError} with the options that are missing without a preset, an invalid option, or one without an effect
 */
export function resolvePreprocessing(
  options: PreprocessingOptions,
  source: string,
  { image = { type: 'float', channels: 3 }, nameOption = commandOption }: PreprocessingContext = {},
): NamedPreprocessing {
  const preset = presetOf(options);
  checkUsed(options, image, nameOption);
  const { mean, scale, resize, resizeSize, cropSize, order, decode } = {
    ...unusedOptions(image),
    ...optionsOf(preset),
    ...definedOptions(options),
  };
  if (!mean || !scale || !resize || !resizeSize || !cropSize || !order) {
    const required = Object.entries({ mean, scale, resize, resizeSize, cropSize, order });
    const missing = required.flatMap(([option, value]) => (value === undefined ? [nameOption(option)] : []));
    throw new UserError(`give ${nameOption('preset')} or all preprocessing options; missing: ${missing.join(', ')}`);
  }
  if (scale.some((factor) => factor === 0)) {
    throw new UserError(`the scale is ${scale.join(',')}: give a factor other than 0 for each channel`);
  }
  if (cropSize.width > resizeSize.width || cropSize.height > resizeSize.height) {
    throw new UserError(
      `the crop of ${formatSize(cropSize)} does not fit into the resized image of ${formatSize(resizeSize)}: ` +
        'give another crop size or resize size',
    );
  }
  return {
    name: checkName(options.name ?? nameOf(source)),
    labels: preset?.labels,
    networkOrder: order,
    preprocess: preprocessWithDecodeRule(
      {
        resize: { rule: resize, ...resizeSize },
        crop: { rule: 'center', ...cropSize },
        colourOrder: 'RGB',
        mean,
        scale,
        background: preset?.preprocess.background ?? white,
      },
      decode ?? defaultDecodeRule,
    ),
  };
}

/**
 * The size of the network's input that the options or their preset state.
 * @throws {UserError} if the preset is unknown
 */
export function cropSizeOf(options: PreprocessingOptions): Size | undefined {
  return options.cropSize ?? optionsOf(presetOf(options)).cropSize;
}

function presetOf({ preset }: PreprocessingOptions): Preset | undefined {
  return preset === undefined ? undefined : findPreset(preset);
}

/** Values for options without an effect. */
function unusedOptions({ type, channels }: Pick<ImageInput, 'type' | 'channels'>): Settings {
  return {
    ...(type === 'uint8' && { mean: [0, 0, 0], scale: [1, 1, 1] }),
    ...(channels === 1 && { order: 'RGB' }),
  };
}

type Settings = Omit<PreprocessingOptions, 'preset' | 'name'>;

function optionsOf(preset: Preset | undefined): Settings {
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

/** Removes undefined options, which would otherwise override those of the preset. */
function definedOptions({ mean, scale, resize, resizeSize, cropSize, order, decode }: Settings): Settings {
  return {
    ...(mean && { mean }),
    ...(scale && { scale }),
    ...(resize && { resize }),
    ...(resizeSize && { resizeSize }),
    ...(cropSize && { cropSize }),
    ...(order && { order }),
    ...(decode && { decode }),
  };
}

function checkName(name: string): string {
  if (/^[a-z0-9][a-z0-9._-]*$/.test(name)) return name;
  throw new UserError(`the name ${name} is invalid: give a name of lower-case letters, digits, ".", "_" and "-"`);
}

/** For example `googlenet-v1` for `GoogLeNet v1.onnx`, and `flowers` for `flowers/model.json`. */
function nameOf(source: string): string {
  const path = /^model(\.min)?\.js(on)?$/i.test(basename(source)) ? dirname(resolve(source)) : source;
  return basename(path)
    .replace(/\.onnx$/i, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '');
}

function formatSize({ width, height }: Size): string {
  return `${width}×${height}`;
}
