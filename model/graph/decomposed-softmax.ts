import type { NodeProto } from '../onnx/onnx_pb.ts';
import type { Links } from './links.ts';
import { isOperator } from './node.ts';

/**
 * The logits of a Softmax that an exporter wrote as arithmetic: Exp ÷ ReduceSum of the same Exp, of the logits or of the
 * logits minus their ReduceMax. Undefined for any other node.
 */
export function decomposedSoftmax(node: NodeProto, links: Links): string | undefined {
  if (!isOperator(node, 'Div')) return undefined;
  const [power = '', total = ''] = node.input;
  const sum = links.producer(total);
  const exp = links.producer(power);
  if (sum === undefined || exp === undefined || !isOperator(sum, 'ReduceSum') || !isOperator(exp, 'Exp')) {
    return undefined;
  }
  if (sum.input[0] !== power) return undefined;
  const [logits = ''] = exp.input;
  return withoutMax(logits, links) ?? logits;
}

/** x, if the value is x − ReduceMax(x). */
function withoutMax(value: string, links: Links): string | undefined {
  const difference = links.producer(value);
  if (difference === undefined || !isOperator(difference, 'Sub')) return undefined;
  const [minuend = '', subtrahend = ''] = difference.input;
  const max = links.producer(subtrahend);
  return max !== undefined && isOperator(max, 'ReduceMax') && max.input[0] === minuend ? minuend : undefined;
}
