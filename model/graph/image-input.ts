import { UserError } from '../../shared/failures/user-error.ts';
import { elementType, elementTypeName } from '../onnx/element-type.ts';
import type { NodeProto, ValueInfoProto } from '../onnx/onnx_pb.ts';
import { tensorShape } from '../onnx/tensor.ts';
import { getInt, getInts } from './attribute.ts';
import { isChannelsLast } from './channels.ts';
import type { Graph } from './graph.ts';
import { type Links, linksOf } from './links.ts';
import { isOperator } from './node.ts';
import { type Dimension, tensorType } from './value.ts';

/** How a published network takes its images. */
export interface ImageInput {
  readonly name: string;
  readonly type: 'float' | 'float16' | 'uint8';
  /** Color, or grayscale. */
  readonly channels: 3 | 1;
  /** `first`: [batch, channels, height, width]; `last`: [batch, height, width, channels]. */
  readonly layout: 'first' | 'last';
  /** The only batch size that the network takes; undefined if it takes any. */
  readonly batch: number | undefined;
  /** Height and width as the file states them. */
  readonly size: readonly [Dimension, Dimension];
}

/**
 * Reads how a network takes its images from its only input. If the file states neither a size nor a number of channels,
 * the nodes that read the image tell them.
 * @param graph without weights among its inputs
 * @throws {UserError} if the input is not one color or grayscale image, with its type and shape
 */
export function imageInputOf(graph: Graph): ImageInput {
  const [input, ...others] = graph.inputs;
  if (input === undefined) throw new UserError('the network has no input: export it with one image as its input');
  if (others.length > 0) {
    const names = graph.inputs.map(({ name }) => name).join(', ');
    throw new UserError(`the network has ${graph.inputs.length} inputs (${names}): export it with one input`);
  }
  const { name } = input;
  const { shape = [] } = tensorType(input);
  const type = imageType(input);
  const links = linksOf(graph);
  const reader = firstLayer(name, links);
  const isFree = typeof shape[1] === 'string' && typeof shape[3] === 'string';
  // A Slice or Gather can reverse the channels before they are moved.
  const moved = firstLayer(name, links, [...arithmetic, 'Gather', 'Slice']);
  const last = isChannelsLast(shape) || (isFree && isTransposeToPlanes(moved));
  const [batch, ...axes] = shape;
  const [stated, height, width] = last ? [axes[2], axes[0], axes[1]] : axes;
  const channels = typeof stated === 'number' ? stated : (channelsRead(reader, graph) ?? 3);
  const isImage = shape.length === 4 && (channels === 3 || channels === 1);
  if (!isImage || height === undefined || width === undefined) {
    throw new UserError(
      `the input ${name} has the shape [${shape.join(', ')}]: export a network whose input is one color or grayscale ` +
        'image, [1, 3, height, width] or [1, 1, height, width]',
    );
  }
  return {
    ...{ name, type, channels, layout: last ? 'last' : 'first', size: [height, width] },
    batch: typeof batch === 'number' ? batch : undefined,
  };
}

function imageType(input: ValueInfoProto): ImageInput['type'] {
  const { dataType } = tensorType(input);
  if (dataType === elementType.float) return 'float';
  if (dataType === elementType.float16) return 'float16';
  if (dataType === elementType.uint8) return 'uint8';
  throw new UserError(
    `the input ${input.name} is ${elementTypeName(dataType)}: export the model with float, float16 or uint8 images`,
  );
}

const arithmetic = ['Add', 'Cast', 'Div', 'Mul', 'Sub'] as const;

/** The first node after the image that is none of these operators: arithmetic, or a change of type. */
function firstLayer(image: string, links: Links, skipped: readonly string[] = arithmetic): NodeProto | undefined {
  let [node, ...others] = links.consumers(image);
  while (node !== undefined && others.length === 0 && isOperator(node, ...skipped)) {
    [node, ...others] = links.consumers(node.output[0] ?? '');
  }
  return node;
}

function isTransposeToPlanes(node: NodeProto | undefined): boolean {
  return node !== undefined && isOperator(node, 'Transpose') && getInts(node, 'perm')?.join() === '0,3,1,2';
}

/** The channels of the image that a convolution reads; undefined for any other node. */
function channelsRead(node: NodeProto | undefined, { initializers }: Graph): number | undefined {
  const weights = node && isOperator(node, 'Conv') ? initializers.get(node.input[1] ?? '') : undefined;
  const perGroup = weights && tensorShape(weights)[1];
  return node === undefined || perGroup === undefined ? undefined : perGroup * getInt(node, 'group', 1);
}
