import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { tensorType } from '../graph/value.ts';
import { removeWeightInputs } from '../import/file/remove-weight-inputs.ts';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import { inferValueTypes } from '../passes/value-types.ts';
import { floatingTypes } from './count-parameters.ts';

/** Height and width of the image if the network leaves them dynamic, pixels. */
const defaultSize = 224;

/** Shapes of a network's values for one image, by name. */
export interface ValueShapes {
  readonly image: { readonly name: string; readonly shape: readonly number[] };
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Names of the values with floating-point elements. */
  readonly floating: ReadonlySet<string>;
}

/**
 * Measures the shape of every value by running the network once on a black image.
 * @throws {UserError} if the network does not take a single image, or does not run
 */
export async function inferValueShapes(graph: Graph): Promise<ValueShapes> {
  const network = removeWeightInputs(graph).graph;
  const image = imageInput(network);
  const types = [...(await inferValueTypes(network, new Map([[image.name, image.shape]])))];
  return {
    image,
    shapes: new Map(types.map(([name, { shape }]) => [name, shape])),
    floating: new Set(types.flatMap(([name, { dataType }]) => (floatingTypes.includes(dataType) ? [name] : []))),
  };
}

function imageInput({ inputs }: Graph): ValueShapes['image'] {
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    throw new UserError(`the network has ${inputs.length} inputs: give one with a single input, an image`);
  }
  const { dataType, shape = [] } = tensorType(input);
  const received = `${elementTypeName(dataType)} [${shape.join(', ')}]`;
  const hasChannels = [1, 3].some((axis) => shape[axis] === 1 || shape[axis] === 3);
  if (shape.length !== 4 || !hasChannels) {
    throw new UserError(`the input ${input.name} is ${received}: give a network of images [N, 3, height, width]`);
  }
  if (dataType !== elementType.float && dataType !== elementType.uint8) {
    throw new UserError(`the image ${input.name} is ${received}: give a network of float or uint8 images`);
  }
  const sizes = shape.map((size, axis) => (typeof size === 'number' && size > 0 ? size : axis === 0 ? 1 : defaultSize));
  return { name: input.name, shape: sizes };
}
