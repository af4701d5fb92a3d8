import { intAttribute, intsAttribute } from '../../../../../model/graph/attribute.ts';
import type { AttributeProto } from '../../../../../model/onnx/onnx_pb.ts';
import type { WindowOptions } from '../reference/windows.ts';

export type Image = readonly [batch: number, channels: number, height: number, width: number];

/** The attributes of a node; absent options have the operator's default. */
export function windowAttributes(options: WindowOptions): AttributeProto[] {
  const { kernel, strides, dilations, pads, group, countIncludePad } = options;
  return [
    intsAttribute('kernel_shape', kernel),
    ...(strides ? [intsAttribute('strides', strides)] : []),
    ...(dilations ? [intsAttribute('dilations', dilations)] : []),
    ...(pads ? [intsAttribute('pads', pads)] : []),
    ...(group === undefined ? [] : [intAttribute('group', group)]),
    ...(countIncludePad === undefined ? [] : [intAttribute('count_include_pad', Number(countIncludePad))]),
  ];
}

/** The padding of each `auto_pad` for windows of 3×2 with strides 2 and 1 on images of 6×5. */
export const automaticPads: readonly (readonly [string, readonly [number, number, number, number]])[] = [
  ['SAME_UPPER', [0, 0, 1, 1]],
  ['SAME_LOWER', [1, 1, 0, 0]],
  ['VALID', [0, 0, 0, 0]],
];
