import sharp, { type Sharp } from 'sharp';
import { height, pixels, width } from '../support/formats/scene.ts';

/** The scene with an opacity that fades from left to right; 4 bytes per pixel. */
export const fadingPixels: Uint8Array = Uint8Array.from({ length: width * height * 4 }, (_, index) => {
  const [channel, pixel] = [index % 4, Math.floor(index / 4)];
  return channel < 3 ? (pixels[pixel * 3 + channel] ?? 0) : Math.round(((pixel % width) / (width - 1)) * 255);
});

export function fading(): Sharp {
  return sharp(fadingPixels, { raw: { width, height, channels: 4 } });
}
