import { parseArgs } from 'node:util';
import { countOf } from '../../cli/terminal/count-of.ts';
import { intsAttribute } from '../../model/graph/attribute.ts';
import type { Graph } from '../../model/graph/graph.ts';
import { makeNode } from '../../model/graph/node.ts';
import { makeValue } from '../../model/graph/value.ts';
import type { NodeProto } from '../../model/onnx/onnx_pb.ts';
import { convolution } from '../../model/train/gradient/convolution.ts';
import { Emitter, type Shape } from '../../model/train/gradient/emitter.ts';
import { describeMachine } from '../machine.ts';
import { inputsOnly, millisecondsOf, type Shapes } from './gradient-speed.ts';
import { printPools } from './pools.ts';

// Speed of the gradients of convolutions and max-pools in model/train, against the obvious alternatives.
const { values } = parseArgs({
  options: { threads: { type: 'string', default: '2' }, batch: { type: 'string', default: '32' } },
});
const [batch, threads] = [Number(values.batch), Number(values.threads)];
const layers: readonly { name: string; channels: number; filters: number; kernel: number; size: number }[] = [
  { name: '1×1, 192 to 144 at 14×14', channels: 192, filters: 144, kernel: 1, size: 14 },
  { name: '3×3, 48 to 96 at 14×14', channels: 48, filters: 96, kernel: 3, size: 14 },
  { name: '3×3, 96 to 128 at 28×28', channels: 96, filters: 128, kernel: 3, size: 28 },
  { name: '5×5, 16 to 32 at 14×14', channels: 16, filters: 32, kernel: 5, size: 14 },
  { name: '3×3, 64 to 160 at 7×7', channels: 64, filters: 160, kernel: 3, size: 7 },
];

console.log(describeMachine(['onnxruntime-node']));
console.log(`\nbatch ${batch}, ${countOf(threads, 'thread')}, billion multiply-adds per second, median of 9:\n`);
console.log(`${''.padEnd(28)}forward     dX: ours  ConvTranspose     dW: ours  axes swapped`);
for (const { name, channels, filters, kernel, size } of layers) {
  const padding = (kernel - 1) / 2;
  const window = [
    intsAttribute('kernel_shape', [kernel, kernel]),
    intsAttribute('pads', [padding, padding, padding, padding]),
  ];
  const shapes = {
    x: [batch, channels, size, size],
    w: [filters, channels, kernel, kernel],
    d: [batch, filters, size, size],
  };
  const node = makeNode('Conv', ['x', 'w'], ['y'], { attributes: window });
  const gradientGraph = (which: number) => {
    const emit = new Emitter(inputsOnly(shapes), new Map(Object.entries(shapes)));
    const gradients = convolution({ node, gradient: 'd', emit, needs: (input) => input === which });
    return { ...emit.graph, outputs: [makeValue(gradients[which] ?? '', 'float', which === 0 ? shapes.x : shapes.w)] };
  };
  const transpose = (from: string, to: string) =>
    makeNode('Transpose', [from], [to], { attributes: [intsAttribute('perm', [1, 0, 2, 3])] });
  const swapAxes = [
    transpose('x', 'xt'),
    transpose('d', 'dt'),
    makeNode('Conv', ['xt', 'dt'], ['y'], {
      attributes: [
        intsAttribute('kernel_shape', [size, size]),
        intsAttribute('pads', [padding, padding, padding, padding]),
      ],
    }),
  ];
  const work = batch * channels * filters * kernel ** 2 * size ** 2;
  const rates = [
    await rate(withNodes(shapes, [node], shapes.d), shapes, work),
    await rate(gradientGraph(0), shapes, work),
    await rate(
      withNodes(shapes, [makeNode('ConvTranspose', ['d', 'w'], ['y'], { attributes: window })], shapes.x),
      shapes,
      work,
    ),
    await rate(gradientGraph(1), shapes, work),
    await rate(withNodes(shapes, swapAxes, [channels, filters, kernel, kernel]), shapes, work),
  ];
  const [forward = '', image = '', transposed = '', weights = '', swapped = ''] = rates.map((value) =>
    value.toFixed(1),
  );
  console.log(
    `${name.padEnd(28)}${forward.padStart(7)}${image.padStart(13)}${transposed.padStart(15)}${weights.padStart(13)}${swapped.padStart(14)}`,
  );
}
await printPools(batch, threads);

function withNodes(shapes: Shapes, nodes: readonly NodeProto[], shape: Shape): Graph {
  return { ...inputsOnly(shapes), nodes, outputs: [makeValue('y', 'float', shape)] };
}

async function rate(graph: Graph, shapes: Shapes, work: number): Promise<number> {
  return work / (await millisecondsOf(graph, shapes, threads)) / 1e6;
}
