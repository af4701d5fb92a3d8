/** Size of an image in memory: rows of pixels of interleaved channels. */
interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Share of the image that a rectangle covers, and its maximum aspect ratio, whose inverse is the minimum. */
const minArea = 0.02;
const maxArea = 0.4;
const maxAspect = 1 / 0.3;
/** A rectangle that does not fit into the image is drawn again this many times; then nothing is erased. */
const attempts = 10;

/**
 * Random erasing: fills a random rectangle with random bytes (Zhong et al. 2017, algorithm 1 with the constants of section
 * 4.1), so that a network does not rely on one part of an image.
 * @param pixels uint8 [height, width, channels], from `offset` on
 */
export function eraseRectangle(
  pixels: Uint8Array,
  offset: number,
  { height, width, channels }: ImageSize,
  random: () => number,
): void {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const area = (minArea + (maxArea - minArea) * random()) * height * width;
    const aspect = maxAspect ** (2 * random() - 1);
    const rows = Math.round(Math.sqrt(area * aspect));
    const columns = Math.round(Math.sqrt(area / aspect));
    if (rows < 1 || columns < 1 || rows > height || columns > width) continue;
    const top = Math.floor(random() * (height - rows + 1));
    const left = Math.floor(random() * (width - columns + 1));
    for (let row = top; row < top + rows; row += 1) {
      const start = offset + (row * width + left) * channels;
      for (let index = start; index < start + columns * channels; index += 1) pixels[index] = random() * 256;
    }
    return;
  }
}
