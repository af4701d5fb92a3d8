import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import type { Graph } from '../../graph/graph.ts';
import type { ModelJson } from '../file/model-json.ts';
import type { Feature, Weight } from '../network/feature.ts';
import { type ImageSize, imageShape } from '../network/image-shape.ts';
import { NetworkWriter } from '../network/network-writer.ts';
import { notConverted, type Step, unsupported } from '../network/unsupported.ts';
import { activationLayers } from './activation-layers.ts';
import { convolutionLayers } from './convolution-layers.ts';
import { denseLayers } from './dense-layers.ts';
import { type LayerConverter, parseConfig } from './layer.ts';
import { type LayerPath, LayerWeights } from './layer-weights.ts';
import { mergeLayers } from './merge-layers.ts';
import { poolingLayers } from './pooling-layers.ts';
import { shapeLayers } from './shape-layers.ts';
import { isModel, type Layer, parseTopology, type Source, type Topology } from './topology.ts';

/** By class name, as in Keras. */
const converters: Readonly<Record<string, LayerConverter>> = {
  ...convolutionLayers,
  ...poolingLayers,
  ...activationLayers,
  ...denseLayers,
  ...mergeLayers,
  ...shapeLayers,
};

/** Class names of the layers that are converted. */
export const layerKinds: readonly string[] = Object.keys(converters);

const modelSchema = z.looseObject({ class_name: z.string(), config: z.unknown() });
const topologySchema = z.union([
  z.looseObject({ model_config: modelSchema }).transform((each) => each.model_config),
  modelSchema,
]);
const inputSchema = z.looseObject({
  batch_input_shape: z.array(z.int().nullable()).optional(),
  batch_shape: z.array(z.int().nullable()).optional(),
});

export interface ConvertOptions {
  readonly size?: ImageSize | undefined;
}

/**
 * Converts a model in the form of layers to ONNX.
 * @param weights by name: `conv1/kernel`
 * @throws {UserError} naming the layer that is not supported, or the weight that is missing
 */
export function convertLayers(json: ModelJson, weights: ReadonlyMap<string, Weight>, options: ConvertOptions): Graph {
  const parsed = topologySchema.safeParse(json.modelTopology);
  if (!parsed.success) throw new UserError('modelTopology has no layers: convert the model again');
  const writer = new NetworkWriter();
  const layerWeights = new LayerWeights(weights);
  const model = new ModelConverter(writer, layerWeights, options);
  const { class_name: kind, config } = parsed.data;
  const topology = parseTopology(kind, config, 'the model');
  const outputs = model.convert(topology, topology.name === undefined ? [] : [topology.name]);
  const ofTraining = new Set(
    json.weightsManifest
      .flatMap((group) => group.weights.filter((each) => each.group === 'optimizer'))
      .map(({ name }) => name),
  );
  layerWeights.checkAllRead((name) => ofTraining.has(name));
  return writer.graph('tensorflow-js', outputs);
}

class ModelConverter {
  readonly #writer: NetworkWriter;
  readonly #weights: LayerWeights;
  readonly #options: ConvertOptions;

  constructor(writer: NetworkWriter, weights: LayerWeights, options: ConvertOptions) {
    this.#writer = writer;
    this.#weights = weights;
    this.#options = options;
  }

  /**
   * @param path of the model
   * @param given inputs of a model that is a layer of another one; by default the inputs of the graph
   */
  convert({ layers, inputs, outputs }: Topology, path: LayerPath, given?: readonly Feature[]): Feature[] {
    const byName = new Map(layers.map((layer) => [layer.name, layer]));
    const values = new Map<string, readonly Feature[]>();
    const keyOf = ({ layer, use }: Source) => `${use} ${layer}`;
    for (const [index, source] of inputs.entries()) {
      const feature = given === undefined ? this.#input(layerOf(byName, source)) : given[index];
      if (feature !== undefined) values.set(keyOf(source), [feature]);
    }
    const featureOf = (source: Source): Feature => {
      const feature = values.get(keyOf(source))?.[source.output];
      if (feature === undefined) throw new UserError(`layer ${source.layer} has no output ${source.output}`);
      return feature;
    };
    for (const source of this.#order(byName, outputs)) {
      if (values.has(keyOf(source))) continue;
      const layer = layerOf(byName, source);
      const read = (layer.uses[source.use] ?? []).map(featureOf);
      values.set(keyOf(source), this.#layer(layer, [...path, layer.name], read));
    }
    return outputs.map(featureOf);
  }

  /** Every use of a layer on which the outputs depend, inputs first. An explicit stack: networks can be deep. */
  #order(byName: ReadonlyMap<string, Layer>, outputs: readonly Source[]): Source[] {
    const order = new Map<string, Source>();
    const open = new Set<string>();
    const stack = outputs.toReversed().map((source) => ({ source, isReady: false }));
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const { source, isReady } = next;
      const key = `${source.use} ${source.layer}`;
      if (order.has(key)) continue;
      if (isReady) {
        order.set(key, source);
        continue;
      }
      if (open.has(key)) throw new UserError(`layer ${source.layer} depends on its own output`);
      open.add(key);
      const layer = layerOf(byName, source);
      const inputs = layer.uses[source.use];
      if (inputs === undefined && layer.kind !== 'InputLayer') {
        throw new UserError(`layer ${layer.name} has no inputs: its inbound_nodes have no entry ${source.use}`);
      }
      stack.push(
        { source, isReady: true },
        ...(inputs ?? []).map((each) => ({ source: each, isReady: false })).reverse(),
      );
    }
    return [...order.values()];
  }

  #input({ name, kind, config }: Layer): Feature {
    const step: Step = { unit: 'layer', name, kind };
    const { batch_input_shape: listed, batch_shape: stated } = parseConfig(inputSchema, { config, step });
    const shape = listed ?? stated;
    if (shape === undefined) throw unsupported(step, 'states no input shape: save the model after it was built');
    return this.#writer.input(name, imageShape(shape.slice(1), step, this.#options.size));
  }

  #layer({ name, kind, config }: Layer, path: LayerPath, inputs: readonly Feature[]): Feature[] {
    if (isModel(kind)) return this.convert(parseTopology(kind, config, name), path, inputs);
    const step: Step = { unit: 'layer', name, kind };
    const converter = Object.hasOwn(converters, kind) ? converters[kind] : undefined;
    if (converter === undefined) throw notConverted(step);
    const weight = (weightName: string) => {
      const found = this.#weights.find(path, weightName);
      if (found === undefined) throw unsupported(step, `has no weight ${name}/${weightName} in weightsManifest`);
      return found;
    };
    return [converter({ writer: this.#writer, step, config, inputs, weight })];
  }
}

function layerOf(byName: ReadonlyMap<string, Layer>, { layer: name }: Source): Layer {
  const layer = byName.get(name);
  if (layer === undefined) throw new UserError(`the model has no layer ${name}, which another layer reads`);
  return layer;
}
