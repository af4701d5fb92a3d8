import sharp, { type Sharp } from 'sharp';

/** Makes a large photo of a small one. @param pixels of the large one, about */
export type Enlarge = (photo: Uint8Array, pixels: number) => Promise<Sharp>;

/**
 * Large photos of the same scene. Enlarged photos have no fine detail, so that a decoder that skips pixels would go unnoticed:
 * the others add what real cameras and fine patterns have.
 */
export const largePhotos = {
  /** Lanczos interpolation alone. */
  enlarged: async (photo, pixels) => fromRgb(await enlarged(photo, pixels)),
  /** Gaussian noise of each sample, of 12 of 255 levels, as of a camera at high sensitivity. */
  noise: async (photo, pixels) => {
    const image = await enlarged(photo, pixels);
    const noise = gaussian(12);
    for (let index = 0; index < image.data.length; index += 1) add(image.data, index, noise());
    return fromRgb(image);
  },
  /** Rings that get finer from the center to the edges, where each is one pixel wide: all that is undersampled shows as other rings. */
  rings: async (photo, pixels) => {
    const image = await enlarged(photo, pixels);
    const { width, height } = image.info;
    const radius = Math.max(width, height) / 2;
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const level = 40 * Math.cos((Math.PI * ((x - width / 2) ** 2 + (y - height / 2) ** 2)) / (2 * radius));
        for (let channel = 0; channel < 3; channel += 1) add(image.data, (y * width + x) * 3 + channel, level);
      }
    }
    return fromRgb(image);
  },
} satisfies Record<string, Enlarge>;

/** Sides of cameras are multiples of this. */
const sideUnit = 8;

async function enlarged(photo: Uint8Array, pixels: number) {
  const { width, height } = (await sharp(photo).metadata()).autoOrient;
  const scale = Math.sqrt(pixels / (width * height));
  const [wide, high] = [width, height].map((side) => Math.round((side * scale) / sideUnit) * sideUnit);
  return sharp(photo)
    .autoOrient()
    .resize(wide, high, { fit: 'fill' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
}

function fromRgb({ data, info: { width, height } }: Awaited<ReturnType<typeof enlarged>>): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

function add(data: Buffer, index: number, level: number): void {
  data[index] = Math.min(255, Math.max(0, Math.round((data[index] ?? 0) + level)));
}

/** The same numbers in every run: the sum of four bytes of a generator (multiplier and increment of Numerical Recipes). */
function gaussian(deviation: number): () => number {
  const scale = deviation / Math.sqrt((4 * (256 ** 2 - 1)) / 12);
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const sum = (state & 255) + ((state >>> 8) & 255) + ((state >>> 16) & 255) + (state >>> 24);
    return (sum - 510) * scale;
  };
}
