import type { Picture } from './color-spaces.ts';
import type { Window } from './resample-window.ts';
import type { Size } from './working-size.ts';

/** A copy is shrunk by this along one side only where a window is far longer than wide, or far wider than long. */
const sideStep = 4;
/** Pixels of a copy per pixel of the crop, along the side that is shrunk alone: at least this many, to keep detail. */
const minSidePixels = 4;

/** How much smaller a copy is than the image. */
interface Shrinking {
  /** How often both sides are halved. */
  readonly halvings: number;
  /** The side that is also divided by `sideStep`, this many times. */
  readonly side: 'width' | 'height';
  readonly steps: number;
}

/**
 * Smaller copies of an image, from which windows are resampled: the work and memory for a window then depend on the size of the
 * crop, not on that of the image. A copy is made when a window first needs it.
 */
export class ImageCopies {
  readonly #image: Picture;
  readonly #crop: Size;
  readonly #copies = new Map<string, Picture>();

  constructor(image: Picture, crop: Size) {
    this.#image = image;
    this.#crop = crop;
  }

  /** Bytes of all copies that were made. */
  get bytes(): number {
    return [...this.#copies.values()].reduce((sum, { pixels }) => sum + pixels.byteLength, 0);
  }

  /** The copy for a window in pixels of the image. Where it is smaller than the image, the window is larger than the crop there. */
  for(window: Size): Picture {
    return this.#copy(shrinkingOf(window, this.#crop));
  }

  #copy({ halvings, side, steps }: Shrinking): Picture {
    if (halvings === 0 && steps === 0) return this.#image;
    const name = [halvings, ...(steps > 0 ? [side, steps] : [])].join();
    const found = this.#copies.get(name);
    if (found !== undefined) return found;
    const made =
      steps > 0
        ? shrunk(this.#copy({ halvings, side, steps: steps - 1 }), {
            across: side === 'width' ? sideStep : 1,
            down: side === 'height' ? sideStep : 1,
          })
        : shrunk(this.#copy({ halvings: halvings - 1, side, steps }), { across: 2, down: 2 });
    this.#copies.set(name, made);
    return made;
  }
}

/** Memory for all copies of an image and for the resampling of one window, bytes. Windows are at most `largest`. */
export function resamplingBytes(image: Size, crop: Size, largest: Size): number {
  const most = { width: largest.width / crop.width, height: largest.height / crop.height };
  let pixels = 0;
  let copy = image;
  for (let halvings = 0; halvings <= halvingsOf(Math.min(most.width, most.height)); halvings += 1) {
    if (halvings > 0) {
      copy = { width: Math.ceil(copy.width / 2), height: Math.ceil(copy.height / 2) };
      pixels += copy.width * copy.height;
    }
    for (const side of ['width', 'height'] as const) {
      const other = side === 'width' ? 'height' : 'width';
      let length = copy[side];
      for (let steps = stepsOf(most[side] / 2 ** halvings); steps > 0; steps -= 1) {
        length = Math.ceil(length / sideStep);
        pixels += length * copy[other];
      }
    }
  }
  const rows = Math.min(image.height, sideStep * minSidePixels * crop.height + 2 * sideStep * minSidePixels);
  return pixels * 3 + rows * crop.width * 3 * Float32Array.BYTES_PER_ELEMENT;
}

/** The same window in pixels of another size of the image. */
export function scaled({ left, top, width, height }: Window, to: Size, from: Size): Window {
  const [across, down] = [to.width / from.width, to.height / from.height];
  return { left: left * across, top: top * down, width: width * across, height: height * down };
}

function shrinkingOf({ width, height }: Size, crop: Size): Shrinking {
  const [across, down] = [width / crop.width, height / crop.height];
  const halvings = halvingsOf(Math.min(across, down));
  return {
    halvings,
    side: across > down ? 'width' : 'height',
    steps: stepsOf(Math.max(across, down) / 2 ** halvings),
  };
}

/** Halvings after which a side of the window is still at least as long as that of the crop. @param ratio of the two */
function halvingsOf(ratio: number): number {
  return Math.max(0, Math.floor(Math.log2(ratio)));
}

function stepsOf(ratio: number): number {
  return Math.max(0, Math.floor(Math.log(ratio / minSidePixels) / Math.log(sideStep)));
}

/** Means of across × down pixels. Where the image ends, its last row and column are repeated. */
function shrunk({ pixels, width, height }: Picture, { across, down }: { across: number; down: number }): Picture {
  const size = { width: Math.ceil(width / across), height: Math.ceil(height / down) };
  const result = new Uint8Array(size.width * size.height * 3);
  const sums = new Uint32Array(size.width * 3);
  const count = across * down;
  for (let row = 0; row < size.height; row += 1) {
    sums.fill(count >> 1);
    for (let source = row * down; source < (row + 1) * down; source += 1) {
      const start = Math.min(source, height - 1) * width;
      for (let column = 0; column < size.width; column += 1) {
        for (let pixel = column * across; pixel < (column + 1) * across; pixel += 1) {
          const at = (start + Math.min(pixel, width - 1)) * 3;
          sums[column * 3] = (sums[column * 3] ?? 0) + (pixels[at] ?? 0);
          sums[column * 3 + 1] = (sums[column * 3 + 1] ?? 0) + (pixels[at + 1] ?? 0);
          sums[column * 3 + 2] = (sums[column * 3 + 2] ?? 0) + (pixels[at + 2] ?? 0);
        }
      }
    }
    const line = result.subarray(row * sums.length, (row + 1) * sums.length);
    for (let index = 0; index < line.length; index += 1) line[index] = (sums[index] ?? 0) / count;
  }
  return { pixels: result, ...size };
}
