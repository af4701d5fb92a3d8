import sharp from 'sharp';
import { height, scene, width } from './scene.ts';

/** Opacity by column, from left to right. */
export const fade = (x: number) => Math.round((x * 255) / (width - 1));

/** The scene in gray, as RGB. */
export async function grayPixels(): Promise<Uint8Array> {
  const gray = await scene().greyscale().toColourspace('b-w').raw().toBuffer();
  return Uint8Array.from({ length: gray.length * 3 }, (_, index) => gray[Math.floor(index / 3)] ?? 0);
}

/** Flattens pixels onto white. */
export function onWhite(colors: Uint8Array, opacity: (x: number) => number): Promise<Buffer> {
  const laid = colors.map((value, index) => {
    const share = opacity(Math.floor(index / 3) % width) / 255;
    return Math.round(value * share + 255 * (1 - share));
  });
  return asPng(laid);
}

export function asPng(rgb: Uint8Array): Promise<Buffer> {
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
