import { fused, graphCase, list, text, window } from './graph-case.ts';
import { caseWeight, type ModelCase } from './model-case.ts';

const kernel = caseWeight('kernel', [3, 3, 3, 4]);
const bias = caseWeight('bias', [4]);
const depthwise = caseWeight('depthwise', [3, 3, 3, 2]);

export const convolutionCases: Readonly<Record<string, ModelCase>> = {
  Conv2D: graphCase([{ op: 'Conv2D', input: ['image', 'kernel'], attr: window('SAME', [2, 2]) }], [kernel]),
  'Conv2D, dilated': graphCase(
    [{ op: 'Conv2D', input: ['image', 'kernel'], attr: window('VALID', [1, 1], { dilations: list([1, 2, 2, 1]) }) }],
    [kernel],
  ),
  'Conv2D, explicit padding': graphCase(
    [
      {
        op: 'Conv2D',
        input: ['image', 'kernel'],
        attr: window('EXPLICIT', [2, 2], { explicit_paddings: list([0, 0, 0, 1, 2, 1, 0, 0]) }),
      },
    ],
    [kernel],
  ),
  'Conv2D and BiasAdd': graphCase(
    [
      { op: 'Conv2D', name: 'c', input: ['image', 'kernel'], attr: window('VALID', [2, 2]) },
      { op: 'BiasAdd', input: ['c', 'bias'], attr: { data_format: text('NHWC') } },
    ],
    [kernel, bias],
  ),
  ...Object.fromEntries(
    [['BiasAdd'], ['BiasAdd', 'Relu'], ['BiasAdd', 'Relu6']].map((names) => [
      `_FusedConv2D ${names.join(' ')}`.trim(),
      graphCase(
        [
          {
            op: '_FusedConv2D',
            input: ['image', 'kernel', ...(names[0] === 'BiasAdd' ? ['bias'] : [])],
            attr: window('SAME', [2, 2], fused(...names)),
          },
        ],
        [kernel, bias],
      ),
    ]),
  ),
  '_FusedConv2D LeakyRelu': graphCase(
    [
      {
        op: '_FusedConv2D',
        input: ['image', 'kernel', 'bias'],
        attr: window('SAME', [1, 1], { ...fused('BiasAdd', 'LeakyRelu'), leakyrelu_alpha: { f: 0.3 } }),
      },
    ],
    [kernel, bias],
  ),
  '_FusedConv2D Prelu': graphCase(
    [
      {
        op: '_FusedConv2D',
        input: ['image', 'kernel', 'bias', 'alpha'],
        attr: window('SAME', [1, 1], { ...fused('BiasAdd', 'Prelu'), num_args: { i: '2' } }),
      },
    ],
    [kernel, bias, caseWeight('alpha', [1, 1, 4])],
  ),
  DepthwiseConv2dNative: graphCase(
    [{ op: 'DepthwiseConv2dNative', input: ['image', 'depthwise'], attr: window('SAME', [2, 2]) }],
    [depthwise],
  ),
  FusedDepthwiseConv2dNative: graphCase(
    [
      {
        op: 'FusedDepthwiseConv2dNative',
        input: ['image', 'depthwise', 'bias'],
        attr: window('SAME', [1, 1], fused('BiasAdd', 'Relu6')),
      },
    ],
    [depthwise, caseWeight('bias', [6])],
  ),
};
