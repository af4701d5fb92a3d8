import sharp, { type Sharp } from 'sharp';

export const width = 96;
export const height = 64;

/** Muted colors within every gamut, and an off-center patch that shows any turn or mirroring. */
export const pixels = Uint8Array.from({ length: width * height * 3 }, (_, index) => {
  const [channel, x, y] = [index % 3, Math.floor(index / 3) % width, Math.floor(index / (3 * width))];
  const isPatch = x >= 12 && x < 40 && y >= 8 && y < 26;
  const ground = [90 + x * 0.7, 100 + y * 0.8, 150 - x * 0.5];
  return Math.trunc((isPatch ? [176, 120, 96] : ground)[channel] ?? 0);
});

export function scene(): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** The scene in other colors, to detect a wrong frame or page. */
export function otherScene(): Sharp {
  return scene().negate();
}

/** An animation of the scene and the other scene. */
export async function film(): Promise<Sharp> {
  const frames = [await scene().png().toBuffer(), await otherScene().png().toBuffer()];
  return sharp(frames, { join: { animated: true } });
}
