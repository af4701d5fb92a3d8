import { type CaseWeight, caseWeight, type Json, type ModelCase } from './model-case.ts';

type Config = Readonly<Record<string, Json>>;

/** A layer for a case: its class, its settings, the layers that it reads, and the shapes of its weights. */
export interface CaseLayer {
  readonly kind: string;
  readonly name: string;
  readonly config?: Config;
  /** Names of layers; by default the layer before it. Several lists for several uses. */
  readonly reads?: readonly (readonly (string | readonly [string, number])[])[];
  readonly weights?: Readonly<Record<string, readonly number[]>>;
}

const image = [7, 6, 3];

/** A functional model: an input `image` and the layers, the last of which is the output. */
export function layersCase(layers: readonly CaseLayer[], inputShape: readonly number[] = image): ModelCase {
  return {
    format: 'layers-model',
    topology: { model_config: { class_name: 'Model', config: functionalConfig(layers, inputShape) } },
    weights: weightsOf(layers),
    inputShape,
  };
}

export function functionalConfig(layers: readonly CaseLayer[], inputShape: readonly number[]): Config {
  const input = inputLayer(inputShape);
  const last = layers.at(-1)?.name ?? 'image';
  return {
    name: 'model',
    layers: [input, ...layers.map((layer, index) => toJson(layer, layers[index - 1]?.name ?? 'image'))],
    input_layers: [['image', 0, 0]],
    output_layers: [[last, 0, 0]],
  };
}

/** A Sequential model without an input layer: the first layer states the shape. */
export function sequentialCase(layers: readonly CaseLayer[], inputShape: readonly number[] = image): ModelCase {
  return {
    format: 'layers-model',
    topology: {
      class_name: 'Sequential',
      config: { name: 'sequential', layers: sequentialLayers(layers, inputShape) },
    },
    weights: weightsOf(layers),
    inputShape,
  };
}

export function sequentialLayers(layers: readonly CaseLayer[], inputShape: readonly number[]): Json {
  return layers.map(({ kind, name, config }, index) => ({
    class_name: kind,
    config: { name, ...config, ...(index === 0 ? { batch_input_shape: [null, ...inputShape] } : {}) },
  }));
}

export function weightsOf(layers: readonly CaseLayer[]): CaseWeight[] {
  return layers.flatMap(({ name, weights = {} }) =>
    Object.entries(weights).map(([weight, shape]) => caseWeight(`${name}/${weight}`, shape)),
  );
}

function inputLayer(shape: readonly number[]): Json {
  const config = { name: 'image', batch_input_shape: [null, ...shape], dtype: 'float32', sparse: false };
  return { class_name: 'InputLayer', name: 'image', config, inbound_nodes: [] };
}

function toJson({ kind, name, config = {}, reads }: CaseLayer, previous: string): Json {
  const uses = reads ?? [[previous]];
  const nodes = uses.map((use) =>
    use.map((source) => {
      const [layer, index] = typeof source === 'string' ? [source, 0] : source;
      return [layer, index, 0, {}];
    }),
  );
  return { class_name: kind, name, config: { name, ...config }, inbound_nodes: nodes };
}
