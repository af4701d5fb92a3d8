import { intsAttribute, stringAttribute } from '../../../../../model/graph/attribute.ts';
import { makeNode } from '../../../../../model/graph/node.ts';
import type { GradientCase } from '../check-gradient.ts';
import type { Array64 } from '../reference/array.ts';
import { convolution, type WindowOptions } from '../reference/windows.ts';
import { automaticPads, type Image, windowAttributes } from './window-attributes.ts';

export function convolutionCase(x: Image, filters: number, options: WindowOptions, hasBias = true): GradientCase {
  const w = [filters, x[1] / (options.group ?? 1), ...options.kernel];
  return {
    nodes: [makeNode('Conv', hasBias ? ['x', 'w', 'b'] : ['x', 'w'], ['y'], { attributes: windowAttributes(options) })],
    inputs: hasBias ? { x, w, b: [filters] } : { x, w },
    forward: (of) => convolution(of('x'), of('w'), hasBias ? of('b') : undefined, options),
  };
}

export const convolutions: Record<string, GradientCase> = {
  '3×3 with padding': convolutionCase([2, 3, 6, 5], 4, { kernel: [3, 3], pads: [1, 1, 1, 1] }),
  '1×1': convolutionCase([3, 5, 4, 4], 2, { kernel: [1, 1] }),
  'one image of one channel': convolutionCase([1, 1, 5, 7], 1, { kernel: [3, 2] }),
  'without a bias': convolutionCase([2, 2, 4, 4], 3, { kernel: [2, 2] }, false),
  '5×5 on many channels, with a product per tap': convolutionCase([2, 17, 5, 4], 3, {
    kernel: [5, 5],
    pads: [2, 2, 2, 2],
  }),
  'stride 2 with a remainder': convolutionCase([2, 3, 8, 7], 4, { kernel: [3, 3], strides: [2, 2] }),
  'stride larger than the kernel': convolutionCase([2, 2, 9, 10], 3, { kernel: [2, 2], strides: [3, 4] }),
  '7×7 with stride 2 and padding 3, as in the first layer of GoogLeNet': convolutionCase([1, 3, 14, 13], 4, {
    kernel: [7, 7],
    strides: [2, 2],
    pads: [3, 3, 3, 3],
  }),
  dilation: convolutionCase([2, 2, 9, 8], 3, { kernel: [3, 3], dilations: [2, 2], pads: [2, 2, 2, 2] }),
  'dilation and stride': convolutionCase([2, 2, 10, 9], 2, {
    kernel: [3, 2],
    dilations: [2, 3],
    strides: [2, 2],
    pads: [1, 0, 2, 1],
  }),
  'padding larger than the kernel': convolutionCase([1, 2, 3, 3], 2, { kernel: [2, 2], pads: [3, 3, 2, 2] }),
  'uneven padding': convolutionCase([2, 2, 5, 6], 3, { kernel: [3, 3], pads: [0, 2, 1, 0] }),
  '1×7': convolutionCase([2, 3, 4, 9], 2, { kernel: [1, 7], pads: [0, 3, 0, 3] }),
  '1×7 on a map narrower than the window': convolutionCase([2, 3, 4, 5], 2, { kernel: [1, 7], pads: [0, 3, 0, 3] }),
  '1×3 on many channels, with a product per tap': convolutionCase([2, 17, 5, 4], 3, {
    kernel: [1, 3],
    pads: [0, 1, 0, 1],
  }),
  'strides of 2 and 3': convolutionCase([1, 2, 7, 11], 3, { kernel: [3, 4], strides: [2, 3], pads: [1, 1, 1, 1] }),
  'a kernel larger than the image': convolutionCase([2, 2, 2, 3], 2, { kernel: [5, 5], pads: [2, 2, 2, 2] }),
  'two groups': convolutionCase([2, 4, 5, 5], 6, { kernel: [3, 3], pads: [1, 1, 1, 1], group: 2 }),
  depthwise: convolutionCase([2, 3, 6, 6], 3, { kernel: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], group: 3 }),
  'three images of one channel': convolutionCase([3, 1, 6, 4], 2, { kernel: [3, 3], pads: [1, 1, 1, 1] }),
  '7×1': convolutionCase([3, 2, 9, 3], 2, { kernel: [7, 1], pads: [3, 0, 3, 0] }),
  '1×1 with stride 2, with unread pixels': convolutionCase([2, 3, 6, 5], 2, { kernel: [1, 1], strides: [2, 2] }),
  'a kernel larger than one side, with a stride': convolutionCase([3, 2, 2, 9], 2, {
    kernel: [4, 4],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  }),
  'dilation 2 and stride 2, with every other pixel unread': convolutionCase([2, 1, 9, 10], 2, {
    kernel: [3, 3],
    dilations: [2, 2],
    strides: [2, 2],
  }),
  'padding at the end only, with a stride': convolutionCase([1, 2, 6, 8], 2, {
    kernel: [3, 3],
    strides: [2, 2],
    pads: [0, 0, 1, 1],
  }),
  '3×3 with stride 2 on many channels': convolutionCase([2, 16, 7, 6], 2, {
    kernel: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  }),
  'two groups without a bias, dilated': convolutionCase(
    [3, 4, 7, 6],
    2,
    { kernel: [3, 2], dilations: [2, 1], pads: [2, 1, 2, 0], group: 2 },
    false,
  ),
  'two layers with the same filters': {
    nodes: [makeNode('Conv', ['x', 'w'], ['once']), makeNode('Conv', ['once', 'w'], ['y'])],
    inputs: { x: [2, 2, 6, 5], w: [2, 2, 2, 2] },
    forward: (of) => {
      const again = (image: Array64) => convolution(image, of('w'), undefined, { kernel: [2, 2] });
      return again(again(of('x')));
    },
  },
  ...Object.fromEntries(
    automaticPads.map(([auto, pads]) => [
      `padding ${auto}`,
      {
        nodes: [
          makeNode('Conv', ['x', 'w'], ['y'], {
            attributes: [intsAttribute('strides', [2, 1]), stringAttribute('auto_pad', auto)],
          }),
        ],
        inputs: { x: [2, 2, 6, 5], w: [3, 2, 3, 2] },
        forward: (of: (name: string) => Array64) =>
          convolution(of('x'), of('w'), undefined, { kernel: [3, 2], strides: [2, 1], pads }),
      },
    ]),
  ),
};
