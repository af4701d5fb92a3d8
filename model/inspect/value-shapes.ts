import { create } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { type Graph, modelOf } from '../graph/graph.ts';
import { tensorType } from '../graph/value.ts';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import { encodeModel } from '../onnx/model-file.ts';
import { ValueInfoProtoSchema } from '../onnx/onnx_pb.ts';
import { tensorShape } from '../onnx/tensor.ts';

/** Fatal errors only: what the runtime has to say comes back as an error. */
const logSeverityLevel = 4;
/** Height and width of an image where the network leaves them free, pixels. */
const freeSize = 224;
/** As the format names them, and as the runtime does. */
const floatingTypes: readonly string[] = ['float', 'float16', 'double', 'float32', 'float64'];

/** Shapes of a network's values for one image, by their names. */
export interface ValueShapes {
  readonly image: { readonly name: string; readonly shape: readonly number[] };
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Names of those with floating-point elements. */
  readonly floating: ReadonlySet<string>;
}

/**
 * Finds the shape of every value by running the network once on a black image: what the runtime does is right for every
 * operator that it knows, and no shapes need to be stated in the file.
 * @throws {UserError} when the network takes no single image, or does not run.
 */
export async function inferValueShapes(graph: Graph): Promise<ValueShapes> {
  const { name, black } = blackImage(graph);
  const already = new Set(graph.outputs.map((output) => output.name));
  const names = graph.nodes.flatMap(({ output }) => output).filter((value) => value !== '' && !already.has(value));
  // Without a type, the runtime infers it.
  const outputs = [...graph.outputs, ...names.map((value) => create(ValueInfoProtoSchema, { name: value }))];
  const results = await run(encodeModel(modelOf({ ...graph, outputs, valueInfo: [] })), { [name]: black });
  const shapes = new Map<string, readonly number[]>([[name, black.dims]]);
  const floating = new Set<string>();
  for (const [weight, tensor] of graph.initializers) {
    shapes.set(weight, tensorShape(tensor));
    if (floatingTypes.includes(elementTypeName(tensor.dataType))) floating.add(weight);
  }
  for (const [value, result] of Object.entries(results)) {
    if (!(result instanceof Tensor)) continue;
    shapes.set(value, result.dims);
    if (floatingTypes.includes(result.type)) floating.add(value);
  }
  return { image: { name, shape: black.dims }, shapes, floating };
}

function blackImage(graph: Graph): { name: string; black: Tensor } {
  const inputs = graph.inputs.filter(({ name }) => !graph.initializers.has(name));
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    throw new UserError(`expected one input, an image, got ${inputs.length}`);
  }
  const { dataType, shape = [] } = tensorType(input);
  const text = `${elementTypeName(dataType)} [${shape.join(', ')}]`;
  const isColour = (axis: number) => shape[axis] === 1 || shape[axis] === 3;
  const channels = [1, 3].find(isColour);
  if (shape.length !== 4 || channels === undefined) {
    throw new UserError(`expected the input ${input.name} to be an image [N, 3, height, width], got ${text}`);
  }
  const fixed = shape.map((size, axis) => (typeof size === 'number' && size > 0 ? size : axis === 0 ? 1 : freeSize));
  const count = fixed.reduce((product, size) => product * size, 1);
  if (dataType === elementType.float) {
    return { name: input.name, black: new Tensor('float32', new Float32Array(count), fixed) };
  }
  if (dataType === elementType.uint8) {
    return { name: input.name, black: new Tensor('uint8', new Uint8Array(count), fixed) };
  }
  throw new UserError(`expected the image ${input.name} to be float or uint8, got ${text}`);
}

async function run(network: Uint8Array, feeds: Record<string, Tensor>): Promise<InferenceSession.OnnxValueMapType> {
  let session: InferenceSession | undefined;
  try {
    session = await InferenceSession.create(network, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'disabled',
      logSeverityLevel,
    });
    return await session.run(feeds);
  } catch (cause) {
    throw new UserError(`onnxruntime cannot run it: ${firstIssue(cause)}`, { cause });
  } finally {
    await session?.release();
  }
}
