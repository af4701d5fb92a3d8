import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { countOf } from '../../cli/terminal/count-of.ts';
import { intsAttribute } from '../../model/graph/attribute.ts';
import { emptyGraph, type Graph, modelOf } from '../../model/graph/graph.ts';
import { makeNode } from '../../model/graph/node.ts';
import { makeValue } from '../../model/graph/value.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';
import type { NodeProto } from '../../model/onnx/onnx_pb.ts';
import { convolution } from '../../model/train/gradient/convolution.ts';
import { Emitter, type Shape } from '../../model/train/gradient/emitter.ts';
import { seededRandom } from '../../shared/random/seeded-random.ts';
import { describeMachine, median } from '../machine.ts';

// Speed of the convolution gradients in model/train, against the obvious alternatives.
const { values } = parseArgs({
  options: { threads: { type: 'string', default: '2' }, batch: { type: 'string', default: '32' } },
});
const batch = Number(values.batch);
const layers: readonly { name: string; channels: number; filters: number; kernel: number; size: number }[] = [
  { name: '1×1, 192 to 144 at 14×14', channels: 192, filters: 144, kernel: 1, size: 14 },
  { name: '3×3, 48 to 96 at 14×14', channels: 48, filters: 96, kernel: 3, size: 14 },
  { name: '3×3, 96 to 128 at 28×28', channels: 96, filters: 128, kernel: 3, size: 28 },
  { name: '5×5, 16 to 32 at 14×14', channels: 16, filters: 32, kernel: 5, size: 14 },
  { name: '3×3, 64 to 160 at 7×7', channels: 64, filters: 160, kernel: 3, size: 7 },
];

console.log(describeMachine(['onnxruntime-node']));
console.log(
  `\nbatch ${batch}, ${countOf(Number(values.threads), 'thread')}, billion multiply-adds per second, median of 9:\n`,
);
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

function inputsOnly(shapes: Readonly<Record<string, Shape>>): Graph {
  const inputs = Object.entries(shapes).map(([name, shape]) => makeValue(name, 'float', shape));
  return { ...emptyGraph('bench', { irVersion: 8, opset: 17 }), inputs };
}

function withNodes(shapes: Readonly<Record<string, Shape>>, nodes: readonly NodeProto[], shape: Shape): Graph {
  return { ...inputsOnly(shapes), nodes, outputs: [makeValue('y', 'float', shape)] };
}

async function rate(graph: Graph, shapes: Readonly<Record<string, Shape>>, work: number): Promise<number> {
  const options = { intraOpNumThreads: Number(values.threads), logSeverityLevel: 3 } as const;
  const session = await InferenceSession.create(encodeModel(modelOf(graph)), options);
  const random = seededRandom(1);
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((product, length) => product * length, 1);
      return [
        name,
        new Tensor(
          'float32',
          new Float32Array(count).map(() => random() - 0.5),
          shape,
        ),
      ];
    }),
  );
  const times: number[] = [];
  for (let round = 0; round < 12; round += 1) {
    const started = performance.now();
    await session.run(feeds);
    // The first rounds allocate memory.
    if (round >= 3) times.push(performance.now() - started);
  }
  await session.release();
  return work / median(times) / 1e6;
}
