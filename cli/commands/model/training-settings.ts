import type { Command } from 'commander';
import type { RecipeOptions } from '../../../model/train/plan/choose-settings.ts';
import type { Settings } from '../../../model/train/recipe-settings.ts';

/** The options of "model train" that are settings of the recipe. */
export interface TrainingSettings {
  readonly from?: string;
  readonly epochs: number;
  readonly batch?: number;
  readonly rate?: number;
  readonly schedule: 'step' | 'cosine';
  readonly factor: number;
  readonly every: number;
  readonly momentum: number;
  readonly optimizer: 'sgd' | 'rmsprop';
  readonly rmsDecay: number;
  readonly rmsEpsilon: number;
  readonly clip?: number;
  readonly labelSmoothing: number;
  readonly weightDecay: number;
  readonly dropout: number;
  readonly auxiliary: number;
  readonly auxiliaryDropout: number;
  readonly averaging: number;
  readonly area: number;
  readonly aspect: number;
  readonly mirror: boolean;
  readonly color: number;
  readonly shift: number;
  readonly erase: number;
  readonly workers?: number;
  readonly asynchronous?: boolean;
  readonly seed: number;
}

export function recipeOptionsOf(options: TrainingSettings): RecipeOptions {
  const { schedule, rate, epochs, factor, every, area, aspect, mirror, color, shift, erase, dropout } = options;
  const {
    batch,
    workers,
    asynchronous = false,
    momentum,
    optimizer,
    rmsDecay,
    rmsEpsilon,
    clip,
    labelSmoothing,
    weightDecay,
    auxiliary,
    auxiliaryDropout,
    averaging,
    seed,
    from,
  } = options;
  return {
    schedule: { kind: schedule, rate, epochs, factor, every },
    augmentation: { minArea: area, aspect, mirror, colour: color, shift, erase },
    batch,
    workers,
    asynchronous,
    rule: {
      momentum,
      rmsProp: optimizer === 'rmsprop' ? { decay: rmsDecay, epsilon: rmsEpsilon } : undefined,
      maxGradientNorm: clip,
    },
    labelSmoothing,
    weightDecay,
    auxiliaryWeight: auxiliary,
    dropout,
    auxiliaryDropout,
    averaging,
    seed,
    from,
  };
}

/** The settings that the command line has, by the names of `settingsOf`. */
export function givenSettings(command: Command): Settings {
  const given = command.options.filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli');
  const values = command.opts<Settings>();
  return Object.fromEntries(
    given.flatMap((option): [string, Settings[string]][] => {
      const value = values[option.attributeName()];
      return value === undefined ? [] : [[option.name().replace(/^no-/, ''), value]];
    }),
  );
}
