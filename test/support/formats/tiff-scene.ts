import sharp from 'sharp';
import { height, pixels, width } from './scene.ts';
import type { TiffLayout } from './tiff-chunks.ts';
import { type TiffSamples, tiffFile } from './tiff-file.ts';

interface Options {
  readonly layout?: TiffLayout;
  readonly tags?: Parameters<typeof tiffFile>[0][number]['tags'];
  /** Share of the maximum in the channels after the colors. @default 0 */
  readonly extra?: number;
  readonly littleEndian?: boolean;
}

/** The colors of a pixel as shares of the maximum; Lab in its own units. */
const models: Readonly<Record<number, (rgb: readonly number[]) => number[]>> = {
  0: ([red = 0]) => [1 - red],
  1: ([red = 0]) => [red],
  2: (rgb) => [...rgb],
  5: (rgb) => [...rgb.map((value) => 1 - value), 0],
  6: toYcbcr,
  8: (rgb) => toLab(rgb.map(linear)),
};

/** The scene, or its red channel, as the pixels of a TIFF. Floats are linear light. */
export function tiffScene(samples: TiffSamples, options: Options = {}): Buffer {
  const { layout = {}, tags = {}, extra = 0, littleEndian = true } = options;
  const { count, bits, format = 1, photometric } = samples;
  const data = Buffer.alloc((width * height * count * bits) / 8);
  const model = models[photometric] ?? models[2];
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const rgb = [...pixels.subarray(pixel * 3, pixel * 3 + 3)].map((value) => value / 255);
    const isLinear = format === 3 && photometric !== 8;
    const colors = model?.(isLinear ? rgb.map(linear) : rgb) ?? [];
    for (let channel = 0; channel < count; channel += 1) {
      const value = colors[channel] ?? extra;
      const at = ((pixel * count + channel) * bits) / 8;
      if (format === 3) writeFloat(value, at, bits);
      else writeInteger(value, at, channel);
    }
  }
  return tiffFile([{ width, height, pixels: data, samples, tags, layout }], { littleEndian });

  function writeFloat(value: number, at: number, bits: number): void {
    if (bits === 64) data.writeDoubleLE(value, at);
    else if (bits === 16) data.writeUInt16LE(half(value), at);
    else data.writeFloatLE(value, at);
  }

  function writeInteger(value: number, at: number, channel: number): void {
    const isLab = photometric === 8;
    const max = 2 ** (format === 2 && !isLab ? bits - 1 : bits) - 1;
    // Lab: a and b are two's complements, in units of 1 with 8 bits and of 1/256 with 16.
    const isSigned = isLab && (channel === 1 || channel === 2);
    const scaled = isSigned ? value * 2 ** (bits - 8) : value * max * (isLab && channel === 0 ? 0.01 : 1);
    const integer = isSigned ? Math.round(scaled) & max : Math.round(scaled);
    if (bits >= 8) data.writeUIntLE(integer, at, bits / 8);
    else data[Math.floor(at)] = (data[Math.floor(at)] ?? 0) | (integer << (8 - bits - ((at * 8) % 8)));
  }
}

/** sRGB to linear light (IEC 61966-2-1). */
function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

/** TIFF 6.0, section 21, full range. */
function toYcbcr([red = 0, green = 0, blue = 0]: readonly number[]): number[] {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  return [luma, (blue - luma) / 1.772 + 128 / 255, (red - luma) / 1.402 + 128 / 255];
}

/** Linear sRGB to Lab with white point D50. */
function toLab([red = 0, green = 0, blue = 0]: readonly number[]): number[] {
  const x = (0.4360747 * red + 0.3850649 * green + 0.1430804 * blue) / 0.96422;
  const y = 0.2225045 * red + 0.7168786 * green + 0.0606169 * blue;
  const z = (0.0139322 * red + 0.0971045 * green + 0.7141733 * blue) / 0.82521;
  const root = (value: number) => (value > 216 / 24389 ? Math.cbrt(value) : ((24389 / 27) * value + 16) / 116);
  return [116 * root(y) - 16, 500 * (root(x) - root(y)), 200 * (root(y) - root(z))];
}

/** The bits of a positive 16-bit float (IEEE 754 binary16). */
function half(value: number): number {
  if (value <= 0) return 0;
  const exponent = Math.floor(Math.log2(value));
  return Math.round(((exponent + 15) << 10) + (value / 2 ** exponent - 1) * 1024);
}

/** The red channel of the scene as a gray PNG. */
export function redAsGray(): Promise<Buffer> {
  const red = pixels.filter((_, index) => index % 3 === 0);
  return sharp(red, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

/** Luma and chroma of the scene, three bytes for each pixel. */
export function sceneInYcbcr(): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < pixels.length; at += 3) {
    const rgb = [...pixels.subarray(at, at + 3)].map((value) => value / 255);
    bytes.push(...toYcbcr(rgb).map((value) => Math.round(value * 255)));
  }
  return Uint8Array.from(bytes);
}

/** YCbCr of the scene with subsampled chroma, in the units of TIFF 6.0, section 21. */
export function subsampledScene(across: number, down: number, region = { left: 0, top: 0, width, height }): Buffer {
  const bytes: number[] = [];
  for (let top = 0; top < region.height; top += down) {
    for (let left = 0; left < region.width; left += across) {
      const unit = Array.from({ length: across * down }, (_, index) => {
        const x = Math.min(width - 1, region.left + left + (index % across));
        const y = Math.min(height - 1, region.top + top + Math.floor(index / across));
        const at = (y * width + x) * 3;
        return toYcbcr([...pixels.subarray(at, at + 3)].map((value) => value / 255)).map((value) => value * 255);
      });
      const mean = (channel: number) => unit.reduce((sum, values) => sum + (values[channel] ?? 0), 0) / unit.length;
      bytes.push(...unit.map(([luma = 0]) => Math.round(luma)), Math.round(mean(1)), Math.round(mean(2)));
    }
  }
  return Buffer.from(bytes);
}
