import { axes, graphCase, integers, list, pool } from './graph-case.ts';
import { caseWeight, type ModelCase } from './model-case.ts';

export const shapeCases: Readonly<Record<string, ModelCase>> = {
  Pad: graphCase([{ op: 'Pad', input: ['image', 'pads'] }], [integers('pads', [0, 0, 1, 2, 0, 3, 0, 0], [4, 2])]),
  PadV2: graphCase(
    [{ op: 'PadV2', input: ['image', 'pads', 'value'] }],
    [integers('pads', [0, 0, 1, 2, 0, 3, 0, 0], [4, 2]), caseWeight('value', [])],
  ),
  'ConcatV2 of channels': graphCase(
    [
      { op: 'Relu', name: 'r', input: ['image'] },
      { op: 'ConcatV2', input: ['image', 'r', 'axis'], attr: { N: { i: '2' } } },
    ],
    [integers('axis', [-1], [])],
  ),
  Reshape: graphCase([{ op: 'Reshape', input: ['image', 'shape'] }], [integers('shape', [-1, 126])]),
  'Reshape to maps': graphCase([{ op: 'Reshape', input: ['image', 'shape'] }], [integers('shape', [-1, 6, 7, 3])]),
  'Reshape by a computed shape': graphCase(
    [
      { op: 'Shape', name: 'shape', input: ['image'], attr: { out_type: { type: 'DT_INT32' } } },
      {
        op: 'StridedSlice',
        name: 'batch',
        input: ['shape', 'begin', 'end', 'stride'],
        attr: {
          shrink_axis_mask: { i: '1' },
          begin_mask: { i: '0' },
          end_mask: { i: '0' },
          ellipsis_mask: { i: '0' },
          new_axis_mask: { i: '0' },
        },
      },
      { op: 'Pack', name: 'target', input: ['batch', 'size'], attr: { axis: { i: '0' }, N: { i: '2' } } },
      { op: 'Reshape', input: ['image', 'target'] },
    ],
    [integers('begin', [0]), integers('end', [1]), integers('stride', [1]), integers('size', [126], [])],
  ),
  Cast: graphCase([{ op: 'Cast', input: ['image'], attr: { SrcT: { type: 'DT_INT32' }, DstT: { type: 'DT_FLOAT' } } }]),
  'Cast of a constant to integers and back': graphCase(
    [
      { op: 'Cast', name: 'whole', input: ['fraction'], attr: { DstT: { type: 'DT_INT32' } } },
      { op: 'Cast', name: 'factor', input: ['whole'], attr: { DstT: { type: 'DT_FLOAT' } } },
      { op: 'Mul', input: ['image', 'factor'] },
    ],
    [{ name: 'fraction', shape: [3], data: Float32Array.of(2.7, -1.8, 0.4) }],
  ),
  'Cast of a constant to a flag': graphCase(
    [
      { op: 'Cast', name: 'flag', input: ['fraction'], attr: { DstT: { type: 'DT_BOOL' } } },
      { op: 'Cast', name: 'factor', input: ['flag'], attr: { DstT: { type: 'DT_FLOAT' } } },
      { op: 'Mul', input: ['image', 'factor'] },
    ],
    [{ name: 'fraction', shape: [3], data: Float32Array.of(2.7, 0, -0.4) }],
  ),
  Squeeze: graphCase(
    [
      { ...pool, attr: { keep_dims: { b: true } } },
      { op: 'Squeeze', input: ['pool'], attr: { squeeze_dims: list([1, 2]) } },
    ],
    [axes],
  ),
  ExpandDims: graphCase([pool, { op: 'ExpandDims', input: ['pool', 'axis'] }], [axes, integers('axis', [1], [])]),
};
