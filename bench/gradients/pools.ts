import { intsAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { makeNode } from '../../model/graph/node.ts';
import { makeValue } from '../../model/graph/value.ts';
import type { NodeProto } from '../../model/onnx/onnx_pb.ts';
import { convolution } from '../../model/train/gradient/convolution.ts';
import type { BackwardContext, Derivative } from '../../model/train/gradient/derivative.ts';
import { Emitter, type Shape } from '../../model/train/gradient/emitter.ts';
import { maxPool } from '../../model/train/gradient/max-pool.ts';
import {
  padImage,
  poolWindows,
  sliceAtTap,
  sumOverlaps,
  type Tap,
  tapsOf,
} from '../../model/train/gradient/windows.ts';
import { inputsOnly, millisecondsOf, type Shapes } from './gradient-speed.ts';

const pools = [
  { name: '3×3/2, 64 at 112×112', channels: 64, size: 112, kernel: 3, stride: 2 },
  { name: '3×3/2, 192 at 56×56', channels: 192, size: 56, kernel: 3, stride: 2 },
  { name: '3×3, 192 at 28×28', channels: 192, size: 28, kernel: 3, stride: 1 },
  { name: '3×3, 480 at 14×14', channels: 480, size: 14, kernel: 3, stride: 1 },
  { name: '2×2/2, 48 at 28×28', channels: 48, size: 28, kernel: 2, stride: 2 },
] as const;

/** Prints the time of max-pool gradients, per tap and as in `maxPool`, and that of a 1×1 convolution of the same image. */
export async function printPools(batch: number, threads: number): Promise<void> {
  console.log(`\nmax-pools, nanoseconds per pixel of the image, median of 9:\n`);
  console.log(`${''.padEnd(28)}forward     dX: ours   tap by tap   1×1 convolution: dX and dW`);
  for (const { name, channels, size, kernel, stride } of pools) {
    const padding = stride === 1 ? 1 : 0;
    const count = Math.floor((size + 2 * padding - kernel) / stride) + 1;
    const image = [batch, channels, size, size];
    const pooled = [batch, channels, count, count];
    const attributes = [
      intsAttribute('kernel_shape', [kernel, kernel]),
      intsAttribute('strides', [stride, stride]),
      intsAttribute('pads', [padding, padding, padding, padding]),
    ];
    const pool = makeNode('MaxPool', ['x'], ['y'], { attributes });
    const filters = { x: image, w: [channels, channels, 1, 1], d: image };
    const one = makeNode('Conv', ['x', 'w'], ['y'], { attributes: [intsAttribute('kernel_shape', [1, 1])] });
    const forward: Graph = { ...inputsOnly({ x: image }), nodes: [pool], outputs: [makeValue('y', 'float', pooled)] };
    const columns = [
      await millisecondsOf(forward, { x: image }, threads),
      await gradientTime(pool, maxPool, { x: image, d: pooled }, threads),
      await gradientTime(pool, tapByTap, { x: image, d: pooled }, threads),
      await gradientTime(one, convolution, filters, threads),
    ].map((milliseconds) => ((milliseconds * 1e6) / (batch * channels * size ** 2)).toFixed(1));
    const [first = '', ours = '', taps = '', product = ''] = columns;
    console.log(
      `${name.padEnd(28)}${first.padStart(7)}${ours.padStart(13)}${taps.padStart(13)}${product.padStart(18)}`,
    );
  }
}

/** Time of a node and its gradients. */
function gradientTime(
  node: NodeProto,
  derivative: Derivative,
  shapes: Shapes & { readonly d: Shape },
  threads: number,
): Promise<number> {
  const graph = { ...inputsOnly(shapes), nodes: [node] };
  const emit = new Emitter(graph, new Map([...Object.entries(shapes), ['y', shapes.d]]));
  const names = derivative({ node, gradient: 'd', emit, needs: () => true });
  const outputs = names.flatMap((name) => (name === undefined ? [] : [makeValue(name, 'float', emit.shape(name))]));
  return millisecondsOf({ ...emit.graph, outputs }, shapes, threads);
}

/** The obvious formulation: the image is compared with the result at each tap of the window. */
function tapByTap(pool: BackwardContext): string[] {
  const { node, gradient, emit } = pool;
  const windows = poolWindows(pool);
  const image = padImage(emit, node.input[0] ?? '', windows, -3.4e38);
  const shape = emit.shape(gradient);
  const values = new Map<Tap, string>();
  let remaining = gradient;
  for (const tap of tapsOf(windows)) {
    const isLargest = emit.add('Equal', [sliceAtTap(emit, image, windows, tap), node.output[0] ?? ''], shape);
    values.set(tap, emit.add('Where', [isLargest, remaining, emit.scalar(0)], shape));
    remaining = emit.add('Where', [isLargest, emit.scalar(0), remaining], shape);
  }
  return [sumOverlaps(emit, windows, values)];
}
