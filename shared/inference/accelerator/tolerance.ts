import type { Precision } from '../../models/reference-output.ts';
import type { Provider } from './provider.ts';

/**
 * How much a correct provider may differ from the reference output, which a CPU computed, as a share of an output's largest
 * value.
 *
 * | precision | where              | tolerance | reason                                                                  |
 * | --------- | ------------------ | --------- | ----------------------------------------------------------------------- |
 * | float     | CPU, WebGPU        | 1e-3      | only the order of sums differs: at most 1e-6 on GoogLeNet               |
 * | float     | CUDA, TensorRT     | 1e-2      | their convolutions round factors to TF32, 11 bits                       |
 * | half      | CPU                | 1e-2      | sums are float between roundings to 11 bits                             |
 * | half      | GPUs               | 5e-2      | sums of over a thousand terms are rounded to 11 bits too                |
 * | int8      | everywhere         | 5e-2      | a sum near a quantization step rounds the other way: 1/255 per layer    |
 *
 * Broken providers differ by tens of percent: a wrong convolution of WebGPU changed a probability by 0.1 to 0.2.
 */
export function toleranceOf(provider: Provider, precision: Precision): number {
  if (precision === 'int8') return 5e-2;
  if (precision === 'half') return provider === 'cpu' ? 1e-2 : 5e-2;
  return provider === 'cpu' || provider === 'webgpu' ? 1e-3 : 1e-2;
}
