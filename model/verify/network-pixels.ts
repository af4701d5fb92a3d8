import type { Preprocess } from '../../shared/models/model-manifest.ts';
import { luminanceThousandths } from '../import/input/add-luminance.ts';

/** Converts crop bytes [height, width, 3] RGB to float planes [3, height, width] in the network's color order. */
export function toPlanes(
  pixels: Uint8Array,
  { mean, scale }: Readonly<Pick<Preprocess, 'mean' | 'scale'>>,
  networkOrder: 'RGB' | 'BGR',
): Float32Array {
  const area = pixels.length / 3;
  const planes = new Float32Array(pixels.length);
  for (const channel of [0, 1, 2] as const) {
    const plane = networkOrder === 'RGB' ? channel : 2 - channel;
    for (let pixel = 0; pixel < area; pixel += 1) {
      planes[plane * area + pixel] = scale[channel] * ((pixels[pixel * 3 + channel] ?? 0) - mean[channel]);
    }
  }
  return planes;
}

/**
 * The luminance of planes [3, pixels], as [1, pixels].
 * @param isRounded to whole numbers, for planes of bytes; halves are rounded up
 */
export function toGray(
  planes: Float32Array,
  { networkOrder, isRounded }: { readonly networkOrder: 'RGB' | 'BGR'; readonly isRounded: boolean },
): Float32Array {
  const area = planes.length / 3;
  return planes.slice(0, area).map((_, pixel) => {
    const thousandths = luminanceThousandths.reduce((sum, share, channel) => {
      const plane = networkOrder === 'RGB' ? channel : 2 - channel;
      return sum + share * (planes[plane * area + pixel] ?? Number.NaN);
    }, 0);
    return isRounded ? Math.round(thousandths / 1000) : thousandths / 1000;
  });
}

/** Converts planes [channels, pixels] to the network's layout. */
export function toLayout(planes: Float32Array, channels: number, layout: 'first' | 'last'): Float32Array {
  if (layout === 'first') return planes;
  const area = planes.length / channels;
  return planes.map((_, at) => planes[(at % channels) * area + Math.floor(at / channels)] ?? Number.NaN);
}
