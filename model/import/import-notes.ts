import type { Preprocess } from '../../shared/models/model-manifest.ts';
import type { PreparedNetwork } from './prepare-network.ts';
import type { PublishedNetwork } from './published-network.ts';

/** What an import changed or did not use, one line each. Most networks have none. */
export function importNotes(
  { image, precision, output }: PublishedNetwork,
  { perImage }: PreparedNetwork,
  { mean, scale }: Preprocess,
): readonly string[] {
  const isNormalized = mean.some((value) => value !== 0) || scale.some((value) => value !== 1);
  return [
    image.type === 'uint8' && isNormalized
      ? 'mean and scale are not used: the network takes bytes and normalizes them itself'
      : '',
    image.channels === 1 ? 'the network is grayscale: it gets the luminance of color images' : '',
    precision === 'half-precision' ? 'float16 weights were widened to float' : '',
    precision === 'int8' ? 'the network is quantized already: it cannot be trained, optimized or quantized again' : '',
    perImage === 1
      ? `${output} is one number per image: the first label is for low ones, the second for high ones`
      : '',
  ].filter((note) => note !== '');
}
