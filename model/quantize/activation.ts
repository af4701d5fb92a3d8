import { getFloat } from '../graph/attribute.ts';
import type { Graph } from '../graph/graph.ts';
import type { Links } from '../graph/links.ts';
import { isOperator } from '../graph/node.ts';
import type { NodeProto } from '../onnx/onnx_pb.ts';
import { floatData } from '../onnx/tensor.ts';
import { floatInitializer } from '../passes/float-initializer.ts';
import type { Quantization } from './quantized-graph.ts';

/** An activation that only limits values: Relu or Clip. Bytes outside its bounds saturate. */
export interface Limiter {
  readonly node: NodeProto;
  readonly min: number;
  readonly max: number;
}

/** The Relu or Clip of a node; undefined for other nodes, and for a Clip whose bounds are computed or exclude 0. */
export function limiterOf(node: NodeProto, graph: Graph): Limiter | undefined {
  if (isOperator(node, 'Relu')) return { node, min: 0, max: Number.POSITIVE_INFINITY };
  if (!isOperator(node, 'Clip')) return undefined;
  const bound = (index: number, name: string, unbounded: number) => {
    const input = node.input[index] ?? '';
    if (input === '') return getFloat(node, name, unbounded);
    const tensor = floatInitializer(graph, input);
    return tensor === undefined ? Number.NaN : floatData(tensor)[0];
  };
  const min = bound(1, 'min', Number.NEGATIVE_INFINITY) ?? Number.NaN;
  const max = bound(2, 'max', Number.POSITIVE_INFINITY) ?? Number.NaN;
  return min <= 0 && max >= 0 ? { node, min, max } : undefined;
}

/** The Relu or Clip that is the only consumer of a value, and can therefore be part of the kernel before it. */
export function limiterAfter(value: string, graph: Graph, links: Links): Limiter | undefined {
  const [reader, another] = links.consumers(value);
  if (reader === undefined || another !== undefined || links.isOutput(value)) return undefined;
  return reader.input[0] === value ? limiterOf(reader, graph) : undefined;
}

/** True if all bytes are within the bounds, up to half a step, so that saturating computes the activation. */
export function saturatesAt({ scale, zeroPoint }: Quantization, { min, max }: Limiter): boolean {
  const within = (byte: number, low: number, high: number) =>
    byte > low / scale + zeroPoint - 0.51 && byte < high / scale + zeroPoint + 0.51;
  // Below 0 a Relu must not let anything through.
  return (min === 0 ? zeroPoint === 0 : within(0, min, max)) && within(255, min, max);
}
