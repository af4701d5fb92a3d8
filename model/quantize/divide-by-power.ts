import { intAttribute } from '../graph/attribute.ts';
import { elementType } from '../onnx/element-type.ts';
import type { QuantizedGraph } from './quantized-graph.ts';
import { bitCastOpset } from './raise-to-bit-cast.ts';

export interface Quotient {
  /** A value: `factor` × x ÷ y^¾. */
  readonly name: string;
  readonly factor: number;
}

/** Numbers whose squares, and powers of ⅜ of them, are far from the limits of float. */
const safe = { min: 1e-12, max: 1e12 };

/**
 * x ÷ y^¾ for floats y > 0, element by element: with BitCast from the bits of y², otherwise exactly, as x ÷ (√y · √√y).
 *
 * The bits of a float as an integer are about 2²³ · (log₂ + 127): exact at powers of 2 and linear between them, too small by 0 to
 * 0.086, on average by 2 − 1/ln 2 − ½ = 0.057 (Mitchell 1962). Then y^-¾ = exp(-⅜ ln 2 · log₂ y²), with a relative error of at most
 * 1.5 % and of 0 on average, less than that of most bytes it is rounded to. Both roots and the division take twice as long as
 * these steps: the runtime computes them on 4 numbers at once, and the exponential on 16.
 * @param min least y
 */
export function divideByPower(
  graph: QuantizedGraph,
  { x, y, min }: { readonly x: string; readonly y: string; readonly min: number },
  name: (suffix: string) => string,
): Quotient {
  if (graph.source.opset < bitCastOpset || min < safe.min || min > safe.max) {
    const root = graph.add('Sqrt', [y], name('root'));
    const power = graph.add('Mul', [root, graph.add('Sqrt', [root], name('fourth_root'))], name('power'));
    return { name: graph.add('Div', [x, power], name('quotient')), factor: 1 };
  }
  const square = graph.add('Mul', [y, y], name('square'));
  const bits = graph.add('BitCast', [square], name('bits'), {
    attributes: [intAttribute('to', elementType.int32)],
  });
  const slope = graph.scale((-0.375 * Math.LN2) / 2 ** 23);
  const exponent = graph.add('DequantizeLinear', [bits, slope], name('exponent'));
  const power = graph.add('Exp', [exponent], name('power'));
  const bias = 127 - (2 - 1 / Math.LN2 - 0.5);
  return { name: graph.add('Mul', [x, power], name('quotient')), factor: Math.exp(-0.375 * Math.LN2 * bias) };
}
