import { globalPool, pool } from '../network/pooling.ts';
import { unsupported } from '../network/unsupported.ts';
import { checkChannelsLast, paddingOf, spatial } from './convolution-operations.ts';
import { computed, type OperationConverter } from './operation.ts';

function pooling(kind: 'MaxPool' | 'AveragePool'): OperationConverter {
  return (context) => {
    checkChannelsLast(context);
    const window = {
      kernel: spatial(context, 'ksize'),
      strides: spatial(context, 'strides'),
      dilations: [1, 1] as const,
      padding: paddingOf(context),
    };
    return computed(pool(context.writer, context.feature(), context.step, { kind, window }));
  };
}

/** A mean or a maximum over height and width. */
function reducing(kind: 'GlobalMaxPool' | 'GlobalAveragePool'): OperationConverter {
  return (context) => {
    const { attributes, step, writer } = context;
    const input = context.feature();
    const rank = input.shape.length + 1;
    const axes = context.integers(1).map((axis) => (axis < 0 ? axis + rank : axis));
    if (rank !== 4 || axes.toSorted().join() !== '1,2') {
      throw unsupported(step, `reduces the axes ${axes.join(', ')} of ${rank}: only height and width are supported`);
    }
    return computed(globalPool(writer, input, step, { kind, keepDims: attributes.flag('keep_dims', false) }));
  };
}

export const poolingOperations: Readonly<Record<string, OperationConverter>> = {
  MaxPool: pooling('MaxPool'),
  AvgPool: pooling('AveragePool'),
  Mean: reducing('GlobalAveragePool'),
  Max: reducing('GlobalMaxPool'),
};
