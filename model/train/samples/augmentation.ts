import { UserError } from '../../../shared/failures/user-error.ts';

/** How samples are cut from images at random. */
export interface Augmentation {
  /** Minimum area of a sample as a share of the image; the paper uses 0.08. */
  readonly minArea: number;
  /** Maximum aspect ratio of the sampled region, whose inverse is the minimum; the paper uses 4/3. */
  readonly aspect: number;
  /** Whether half of the samples are mirrored. */
  readonly mirror: boolean;
  /** Maximum relative change of brightness, contrast and saturation (Howard 2013, section 2.2). */
  readonly colour: number;
  /** Maximum translation along each axis, whole pixels of the image; its border is repeated outside. */
  readonly shift: number;
  /** Probability that a random rectangle of the image is erased, see `eraseRectangle`. */
  readonly erase: number;
}

/** Every sample is the whole image, unchanged. */
export const noAugmentation: Augmentation = { minArea: 1, aspect: 1, mirror: false, colour: 0, shift: 0, erase: 0 };

/** @throws {UserError} when a translation could move half of an image or more out of sight */
export function checkShift({ shift }: Augmentation, { height, width }: { height: number; width: number }): void {
  const side = Math.min(height, width);
  if (shift * 2 < side) return;
  throw new UserError(
    `--shift ${shift} moves images of ${width}×${height} pixels by half or more: give at most ${Math.ceil(side / 2) - 1}`,
  );
}

/** Luma weights of ITU-R BT.601, for changing the saturation. */
const luma = [0.299, 0.587, 0.114];
/** Contrast is scaled around the middle of the range. */
const middle = 127.5;
/** A region that does not fit into the image is drawn again this many times; then the whole image is used. */
const attempts = 10;

/**
 * Draws the region of a sample as a matrix [2, 3] that maps coordinates (x, y, 1) of the sample, from −1 to 1, to those of
 * the image. The area, the logarithm of the aspect ratio and the position are uniform (section 6 of the paper); so is the
 * translation that follows.
 */
export function drawTransform(
  { minArea, aspect, mirror, shift }: Augmentation,
  { height, width }: { height: number; width: number },
  random: () => number,
): number[] {
  const [down, across] = drawSize(minArea, aspect, height / width, random);
  const left = random() * (1 - across);
  const top = random() * (1 - down);
  const flip = mirror && random() < 0.5 ? -1 : 1;
  const [right, below] = [drawShift(shift, random) / width, drawShift(shift, random) / height];
  return [flip * across, 0, 2 * (left + right) + across - 1, 0, down, 2 * (top + below) + down - 1];
}

function drawShift(shift: number, random: () => number): number {
  return shift === 0 ? 0 : Math.floor(random() * (2 * shift + 1)) - shift;
}

/** Height and width relative to the image. @param tall height of the image divided by its width */
function drawSize(minArea: number, aspect: number, tall: number, random: () => number): [number, number] {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const area = minArea + (1 - minArea) * random();
    const ratio = aspect ** (2 * random() - 1);
    const down = Math.sqrt(area / (tall * ratio));
    const across = Math.sqrt(area * tall * ratio);
    if (down <= 1 && across <= 1) return [down, across];
  }
  return [1, 1];
}

/**
 * Draws the color change of a sample: a matrix [channels, channels] and an offset of all channels. Brightness b, contrast c
 * and saturation s map a pixel p with luma l to b · (c · (s p + (1 − s) l − middle) + middle).
 */
export function drawColorMix(
  { colour }: Augmentation,
  channels: 1 | 3,
  random: () => number,
): { matrix: number[]; offset: number } {
  const around = () => 1 + colour * (2 * random() - 1);
  const [brightness, contrast, saturation] = [around(), around(), around()];
  const gain = brightness * contrast;
  const offset = brightness * (1 - contrast) * middle;
  if (channels === 1) return { matrix: [gain], offset };
  const matrix = Array.from({ length: 9 }, (_, index) => {
    const diagonal = index % 4 === 0 ? saturation : 0;
    return gain * (diagonal + (1 - saturation) * (luma[index % 3] ?? 0));
  });
  return { matrix, offset };
}
