import sharp, { type Sharp } from 'sharp';

export const width = 96;
export const height = 64;

/** Muted colours, which every gamut holds, and a patch off the middle, by which any turn or mirror shows. */
export const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => {
  const [channel, x, y] = [index % 3, Math.floor(index / 3) % width, Math.floor(index / (3 * width))];
  const isPatch = x >= 12 && x < 40 && y >= 8 && y < 26;
  const ground = [90 + x * 0.7, 100 + y * 0.8, 150 - x * 0.5];
  return Math.trunc((isPatch ? [176, 120, 96] : ground)[channel] ?? 0);
});

export function scene(): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** The same in other colours: what is seen where the wrong frame or page is taken. */
export function otherScene(): Sharp {
  return scene().negate();
}

/** A film of the scene and what comes after it. */
export async function film(): Promise<Sharp> {
  const frames = [await scene().png().toBuffer(), await otherScene().png().toBuffer()];
  return sharp(frames, { join: { animated: true } });
}
