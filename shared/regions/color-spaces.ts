import type { ColorPlanes } from './superpixels.ts';

/** Upright RGB pixels, `height * width * 3` bytes. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const linear = Float32Array.from({ length: 256 }, (_, value) => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});

/** The cube root that CIE Lab uses, in 4096 steps of 0 to 1. */
const cubeRoot = Float32Array.from({ length: 4097 }, (_, step) => {
  const value = step / 4096;
  return value > 216 / 24389 ? Math.cbrt(value) : (value * (24389 / 27) + 16) / 116;
});

/** CIE Lab for D65, each channel as a byte: L times 2.55, a and b plus 128. */
export function toLab({ pixels, width, height }: Picture): ColorPlanes {
  const count = width * height;
  const [lightness, a, b] = [new Uint8Array(count), new Uint8Array(count), new Uint8Array(count)];
  for (let pixel = 0, at = 0; pixel < count; pixel += 1, at += 3) {
    const red = linear[pixels[at] ?? 0] ?? 0;
    const green = linear[pixels[at + 1] ?? 0] ?? 0;
    const blue = linear[pixels[at + 2] ?? 0] ?? 0;
    const x = rootOf((0.412453 * red + 0.35758 * green + 0.180423 * blue) / 0.950456);
    const y = rootOf(0.212671 * red + 0.71516 * green + 0.072169 * blue);
    const z = rootOf((0.019334 * red + 0.119193 * green + 0.950227 * blue) / 1.088754);
    lightness[pixel] = clampByte((116 * y - 16) * 2.55);
    a[pixel] = clampByte(500 * (x - y) + 128);
    b[pixel] = clampByte(200 * (y - z) + 128);
  }
  return { planes: [lightness, a, b], width, height };
}

function rootOf(value: number): number {
  return cubeRoot[Math.round(value * 4096)] ?? 1;
}

function clampByte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value);
}

/** Hue, saturation and value as bytes: less sensitive to shadows than Lab. Hue is 0 to 255 for the whole circle. */
export function toHsv({ pixels, width, height }: Picture): ColorPlanes {
  const count = width * height;
  const [hue, saturation, value] = [new Uint8Array(count), new Uint8Array(count), new Uint8Array(count)];
  for (let pixel = 0, at = 0; pixel < count; pixel += 1, at += 3) {
    const red = pixels[at] ?? 0;
    const green = pixels[at + 1] ?? 0;
    const blue = pixels[at + 2] ?? 0;
    const largest = Math.max(red, green, blue);
    const range = largest - Math.min(red, green, blue);
    value[pixel] = largest;
    saturation[pixel] = largest === 0 ? 0 : Math.round((255 * range) / largest);
    let sixth = 0;
    if (range === 0) sixth = 0;
    else if (largest === red) sixth = (green - blue) / range;
    else if (largest === green) sixth = 2 + (blue - red) / range;
    else sixth = 4 + (red - green) / range;
    hue[pixel] = Math.floor(((sixth + 6) % 6) * (256 / 6));
  }
  return { planes: [hue, saturation, value], width, height };
}

/** Normalized red and green (sum of the channels constant) and intensity: hardly changed by shading. */
export function toChromaticity({ pixels, width, height }: Picture): ColorPlanes {
  const count = width * height;
  const [red, green, intensity] = [new Uint8Array(count), new Uint8Array(count), new Uint8Array(count)];
  for (let pixel = 0, at = 0; pixel < count; pixel += 1, at += 3) {
    const sum = (pixels[at] ?? 0) + (pixels[at + 1] ?? 0) + (pixels[at + 2] ?? 0);
    // The offset keeps the noise of dark pixels small.
    red[pixel] = Math.round((255 * ((pixels[at] ?? 0) + 16)) / (sum + 48));
    green[pixel] = Math.round((255 * ((pixels[at + 1] ?? 0) + 16)) / (sum + 48));
    intensity[pixel] = Math.round(sum / 3);
  }
  return { planes: [red, green, intensity], width, height };
}

/** Smooths with the binomial kernel 1 2 1 in both directions (a Gaussian with sigma 0.7); borders repeat. */
export function smooth({ pixels, width, height }: Picture): Picture {
  const across = new Uint8Array(pixels.length);
  const stride = width * 3;
  for (let y = 0; y < height; y += 1) smoothLine(pixels, across, y * stride, 3, width);
  const result = new Uint8Array(pixels.length);
  for (let x = 0; x < width; x += 1) smoothLine(across, result, x * 3, stride, height);
  return { pixels: result, width, height };
}

function smoothLine(from: Uint8Array, to: Uint8Array, start: number, step: number, length: number): void {
  const last = start + (length - 1) * step;
  for (let at = start; at <= last; at += step) {
    const before = Math.max(start, at - step);
    const after = Math.min(last, at + step);
    for (let channel = 0; channel < 3; channel += 1) {
      const sum = (from[before + channel] ?? 0) + 2 * (from[at + channel] ?? 0) + (from[after + channel] ?? 0);
      to[at + channel] = (sum + 2) >> 2;
    }
  }
}
