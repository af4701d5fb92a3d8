import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import { freshNameOutside } from '../../graph/names.ts';
import { invalidField } from '../file/invalid-field.ts';

const index = z.int().nonnegative();

/** An output of a layer: its name, which use of the layer, and which of its outputs. */
const sourceSchema = z.union([
  z.tuple([z.string(), index, index]).rest(z.unknown()),
  // Keras 3.
  z
    .looseObject({ config: z.looseObject({ keras_history: z.tuple([z.string(), index, index]) }) })
    .transform(({ config }) => config.keras_history),
]);

/** The inputs of one use of a layer. */
const useSchema = z.union([
  z.array(sourceSchema),
  // Keras 3 lists the arguments of the call.
  z.looseObject({ args: z.array(z.union([sourceSchema, z.array(sourceSchema)])) }).transform(({ args }) => {
    return args.flatMap((arg) => (isSource(arg) ? [arg] : arg));
  }),
]);

const layerSchema = z.looseObject({
  class_name: z.string(),
  name: z.string().optional(),
  config: z.looseObject({ name: z.string().optional() }),
  inbound_nodes: z.array(useSchema).default([]),
});

const layersSchema = z.array(layerSchema).min(1);
const endsSchema = z.union([
  z.array(sourceSchema),
  // One input or output without a list around it.
  sourceSchema.transform((source) => [source]),
]);
const sequentialSchema = z.union([
  z.looseObject({ name: z.string().optional(), layers: layersSchema }),
  layersSchema.transform((layers) => ({ name: undefined, layers })),
]);
const functionalSchema = z.looseObject({
  name: z.string().optional(),
  layers: layersSchema,
  input_layers: endsSchema,
  output_layers: endsSchema,
});

/** An output of a layer. */
export interface Source {
  readonly layer: string;
  /** Index of the use of the layer. */
  readonly use: number;
  readonly output: number;
}

export interface Layer {
  readonly name: string;
  readonly kind: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** The inputs of each use of the layer; several uses share its weights. */
  readonly uses: readonly (readonly Source[])[];
}

/** A model as layers that name their inputs. */
export interface Topology {
  readonly name: string | undefined;
  readonly layers: readonly Layer[];
  readonly inputs: readonly Source[];
  readonly outputs: readonly Source[];
}

/** Class names of models, which can be layers of other models. */
export function isModel(kind: string): kind is 'Sequential' | 'Functional' | 'Model' {
  return kind === 'Sequential' || kind === 'Functional' || kind === 'Model';
}

/**
 * Reads the layers of a model. A Sequential model becomes a chain, with an input layer if it has none.
 * @param name of the model in error messages
 * @throws {UserError} with the first field that is wrong
 */
export function parseTopology(kind: string, config: unknown, name: string): Topology {
  if (!isModel(kind))
    throw new UserError(`the model is a ${kind}: only Sequential and functional models are supported`);
  const schema = kind === 'Sequential' ? sequentialSchema.transform(chain) : functionalSchema.transform(functional);
  const parsed = schema.safeParse(config);
  if (parsed.success) {
    checkNames(parsed.data, name);
    return parsed.data;
  }
  throw new UserError(`the layers of ${name} are invalid: ${invalidField(parsed.error, config)}`, {
    cause: parsed.error,
  });
}

/** @throws {UserError} if two layers have the same name: other layers could read either one */
function checkNames({ layers }: Topology, model: string): void {
  const names = new Set<string>();
  for (const { name } of layers) {
    if (names.has(name)) throw new UserError(`the layers of ${model} are invalid: two of them are named ${name}`);
    names.add(name);
  }
}

type RawLayer = z.output<typeof layerSchema>;

function functional(model: z.output<typeof functionalSchema>): Topology {
  const layers = model.layers.map(toLayer);
  const outputs = model.output_layers.map(toSource);
  const ownUses = usesBefore(layers, outputs);
  const shift = (source: Source): Source => ({ ...source, use: source.use - (ownUses.get(source.layer) ?? 0) });
  return {
    name: model.name,
    layers: layers.map((layer) => ({ ...layer, uses: layer.uses.map((sources) => sources.map(shift)) })),
    inputs: model.input_layers.map(toSource),
    outputs: outputs.map(shift),
  };
}

/**
 * A model that is a layer of another one has a use of its own, before those in `inbound_nodes`: some writers count it, so
 * that the first use is number 1.
 */
function usesBefore(layers: readonly Layer[], outputs: readonly Source[]): Map<string, number> {
  const read = [...layers.flatMap(({ uses }) => uses.flat()), ...outputs];
  const models = layers.filter(({ kind }) => isModel(kind));
  return new Map(
    models.map(({ name, uses }) => {
      const last = Math.max(...read.filter(({ layer }) => layer === name).map(({ use }) => use));
      return [name, last === uses.length ? 1 : 0];
    }),
  );
}

interface RawSequential {
  readonly name?: string | undefined;
  readonly layers: readonly RawLayer[];
}

function chain({ name, layers: listed }: RawSequential): Topology {
  const [first] = listed;
  const hasInput = first?.class_name === 'InputLayer';
  const shape = first === undefined ? undefined : inputShapeOf(first);
  const named = listed.map(toLayer);
  const inputName = freshNameOutside(new Set(named.map((layer) => layer.name)), 'input');
  const input: Layer = { name: inputName, kind: 'InputLayer', config: { batch_input_shape: shape }, uses: [] };
  const layers = hasInput ? named : [input, ...named];
  const chained = layers.map((layer, index) => {
    const previous = layers[index - 1];
    return { ...layer, uses: previous === undefined ? [] : [[{ layer: previous.name, use: 0, output: 0 }]] };
  });
  const ends = [chained.at(0), chained.at(-1)].map((layer) => ({ layer: layer?.name ?? '', use: 0, output: 0 }));
  return { name, layers: chained, inputs: ends.slice(0, 1), outputs: ends.slice(1) };
}

/** The input shape that the first layer of a Sequential model states, also if it is a model itself. */
function inputShapeOf({ class_name: kind, config }: RawLayer): unknown {
  const stated = config['batch_input_shape'] ?? config['batch_shape'];
  if (stated !== undefined || !isModel(kind)) return stated;
  const { data } = z.looseObject({ layers: layersSchema }).safeParse(config);
  const input = data?.layers.find((layer) => layer.class_name === 'InputLayer') ?? data?.layers[0];
  return input === undefined ? undefined : inputShapeOf(input);
}

function toLayer({ class_name: kind, name, config, inbound_nodes: uses }: RawLayer): Layer {
  return { name: config.name ?? name ?? kind, kind, config, uses: uses.map((sources) => sources.map(toSource)) };
}

function toSource([layer, use, output]: readonly [string, number, number, ...unknown[]]): Source {
  return { layer, use, output };
}

type RawSource = z.output<typeof sourceSchema>;

function isSource(value: RawSource | readonly RawSource[]): value is RawSource {
  return typeof value[0] === 'string';
}
