import sharp, { type Sharp } from 'sharp';
import { pixels as scenePixels, width as sceneWidth } from '../support/formats/scene.ts';

/** An odd size, which fills neither bytes of 1-bit pixels nor blocks of subsampled chroma. */
export const width = 95;
export const height = 63;

/** RGB of the scene's upper left. */
export const pixels: Uint8Array = Uint8Array.from({ length: width * height * 3 }, (_, index) => {
  const pixel = Math.floor(index / 3);
  return scenePixels[(Math.floor(pixel / width) * sceneWidth + (pixel % width)) * 3 + (index % 3)] ?? 0;
});

/** The same with an opacity that fades from left to right: RGBA. */
export const fadingPixels: Uint8Array = Uint8Array.from({ length: width * height * 4 }, (_, index) => {
  const [channel, pixel] = [index % 4, Math.floor(index / 4)];
  return channel < 3 ? (pixels[pixel * 3 + channel] ?? 0) : Math.round(((pixel % width) / (width - 1)) * 255);
});

export function oddScene(): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

export function fadingScene(): Sharp {
  return sharp(fadingPixels, { raw: { width, height, channels: 4 } });
}
