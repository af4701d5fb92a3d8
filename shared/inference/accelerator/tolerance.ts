import type { Provider } from './provider.ts';
import type { Precision } from './reference-output.ts';

/**
 * How far a sound provider may be from the known answer, which a CPU computed, as a share of an output's largest number.
 *
 * | precision | where              | tolerance | because                                                            |
 * | --------- | ------------------ | --------- | ------------------------------------------------------------------ |
 * | float     | CPU, WebGPU        | 1e-3      | only the order of sums differs: 1e-6 and less is seen on GoogLeNet |
 * | float     | CUDA, TensorRT     | 1e-2      | their convolutions round factors to TF32, 11 bits                  |
 * | half      | CPU                | 1e-2      | sums are float between roundings to 11 bits                        |
 * | half      | GPUs               | 5e-2      | sums are rounded to 11 bits too, over a thousand summands          |
 * | int8      | everywhere         | 5e-2      | a sum at the edge of a step falls to the other side: 1/255 a layer |
 *
 * What is broken is off by tens of per cent: a convolution that WebGPU gets wrong moved a probability by 0.1 to 0.2.
 */
export function toleranceOf(provider: Provider, precision: Precision): number {
  if (precision === 'int8') return 5e-2;
  if (precision === 'half') return provider === 'cpu' ? 1e-2 : 5e-2;
  return provider === 'cpu' || provider === 'webgpu' ? 1e-3 : 1e-2;
}
