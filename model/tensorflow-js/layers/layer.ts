import { z } from 'zod';
import { invalidField } from '../file/invalid-field.ts';
import type { Feature, Weight } from '../network/feature.ts';
import type { NetworkWriter } from '../network/network-writer.ts';
import { type Step, unsupported } from '../network/unsupported.ts';

/** What a layer is converted with. */
export interface LayerContext {
  readonly writer: NetworkWriter;
  readonly step: Step;
  readonly config: unknown;
  readonly inputs: readonly Feature[];
  /** A weight of this layer, for example `kernel`. @throws {UserError} if it is missing */
  readonly weight: (name: string) => Weight;
}

export type LayerConverter = (context: LayerContext) => Feature;

/** @throws {UserError} naming the layer and the first field that is wrong */
export function parseConfig<Schema extends z.ZodType>(
  schema: Schema,
  { config, step }: Pick<LayerContext, 'config' | 'step'>,
): z.output<Schema> {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data;
  throw unsupported(step, `is not supported: ${invalidField(parsed.error, config)}`);
}

/**
 * A weight of this layer that must fit its settings.
 * @param expected sizes by axis, undefined where the settings do not state one
 * @throws {UserError} if it is missing or has another shape
 */
export function weightOfShape(
  { weight, step }: LayerContext,
  name: string,
  expected: readonly (number | undefined)[],
): Weight {
  const found = weight(name);
  const fits = expected.every((size, axis) => size === undefined || size === found.shape[axis]);
  if (fits && found.shape.length === expected.length) return found;
  const settings = expected.map((size) => size ?? '?').join(', ');
  throw unsupported(
    step,
    `has ${found.name} of the shape [${found.shape.join(', ')}], but its settings give [${settings}]`,
  );
}

/** @throws {UserError} if the layer has none or several inputs */
export function onlyInput({ inputs, step }: LayerContext): Feature {
  const [input] = inputs;
  if (input !== undefined && inputs.length === 1) return input;
  throw unsupported(step, `has ${inputs.length} inputs instead of one`);
}

const positive = z.int().positive();
export const pairSchema = z.union([
  z.tuple([positive, positive]).readonly(),
  positive.transform((size) => [size, size] as const),
]);
/** `channelsLast` is written by old versions of TensorFlow.js. */
export const dataFormatSchema = z.enum(['channels_last', 'channelsLast']).nullish();
export const paddingSchema = z.enum(['same', 'valid']).default('valid');
export const activationSchema = z.string().nullish();
