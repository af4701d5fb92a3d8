import { z } from 'zod';
import type { Recipe } from './recipe.ts';

/** A recipe as flat settings, by the names of their command-line options: what a checkpoint stores, to compare two recipes. */
export type Settings = Readonly<Record<string, string | number | boolean>>;

/** Settings of versions before RMSProp, clipped gradients, smoothed labels, shifted and erased images. */
const formerSettings: Settings = { optimizer: 'sgd', clip: 'none', 'label-smoothing': 0, shift: 0, erase: 0 };

const firstLayer = 'the first layer';
const unlimited = 'none';

const recipeSchema = z.object({
  schedule: z.enum(['step', 'cosine']),
  rate: z.number(),
  epochs: z.int(),
  factor: z.number(),
  every: z.int(),
  batch: z.int(),
  workers: z.int(),
  asynchronous: z.boolean(),
  momentum: z.number(),
  optimizer: z.enum(['sgd', 'rmsprop']),
  'rms-decay': z.number().default(0),
  'rms-epsilon': z.number().default(0),
  clip: z.union([z.literal(unlimited), z.number()]),
  'label-smoothing': z.number(),
  'weight-decay': z.number(),
  auxiliary: z.number(),
  dropout: z.number(),
  'auxiliary-dropout': z.number(),
  averaging: z.number(),
  area: z.number(),
  aspect: z.number(),
  mirror: z.boolean(),
  color: z.number(),
  shift: z.int(),
  erase: z.number(),
  seed: z.int(),
  from: z.string(),
});

/** Names of the settings of a recipe. */
export const settingNames: readonly string[] = Object.keys(recipeSchema.shape);

export function settingsOf(recipe: Recipe): Settings {
  const { schedule, augmentation, rule, from, weightDecay, labelSmoothing, ...rest } = recipe;
  const { auxiliaryWeight, auxiliaryDropout, ...same } = rest;
  const { momentum, rmsProp, maxGradientNorm } = rule;
  const { kind, ...rates } = schedule;
  const { minArea, colour: color, ...changes } = augmentation;
  return {
    ...same,
    ...rates,
    ...changes,
    schedule: kind,
    area: minArea,
    color,
    momentum,
    optimizer: rmsProp === undefined ? 'sgd' : 'rmsprop',
    ...(rmsProp && { 'rms-decay': rmsProp.decay, 'rms-epsilon': rmsProp.epsilon }),
    clip: maxGradientNorm ?? unlimited,
    'label-smoothing': labelSmoothing,
    'weight-decay': weightDecay,
    auxiliary: auxiliaryWeight,
    'auxiliary-dropout': auxiliaryDropout,
    from: from ?? firstLayer,
  };
}

/**
 * The opposite of `settingsOf`.
 * @throws {ZodError} when a setting is missing or has another type
 */
export function recipeOf(settings: Settings): Recipe {
  const { optimizer, clip, from, schedule, rate, epochs, factor, every, ...stored } = recipeSchema.parse(settings);
  const { area, aspect, mirror, color, shift, erase, momentum } = stored;
  const rmsProp = { decay: stored['rms-decay'], epsilon: stored['rms-epsilon'] };
  return {
    schedule: { kind: schedule, rate, epochs, factor, every },
    batch: stored.batch,
    workers: stored.workers,
    asynchronous: stored.asynchronous,
    rule: {
      momentum,
      rmsProp: optimizer === 'rmsprop' ? rmsProp : undefined,
      maxGradientNorm: clip === unlimited ? undefined : clip,
    },
    weightDecay: stored['weight-decay'],
    labelSmoothing: stored['label-smoothing'],
    auxiliaryWeight: stored.auxiliary,
    dropout: stored.dropout,
    auxiliaryDropout: stored['auxiliary-dropout'],
    averaging: stored.averaging,
    augmentation: { minArea: area, aspect, mirror, colour: color, shift, erase },
    seed: stored.seed,
    from: from === firstLayer ? undefined : from,
  };
}

/** Stored settings under their present names, with the former values of those that an earlier version did not have. */
export function presentSettings({ colour, ...stored }: Settings): Settings {
  return { ...formerSettings, ...(colour !== undefined && { color: colour }), ...stored };
}

/** A setting as given on the command line; undefined for a value that means the absence of its option. */
export function optionText(name: string, value: Settings[string] | undefined): string | undefined {
  if (name === 'mirror') return value === false ? '--no-mirror' : undefined;
  if (value === true) return `--${name}`;
  if (value === undefined || value === false || value === unlimited || value === firstLayer) return undefined;
  return `--${name} ${value}`;
}
