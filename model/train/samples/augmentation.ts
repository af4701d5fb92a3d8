/** How samples are taken from pictures at random. */
export interface Augmentation {
  /** Least share of the picture's area that a sample shows; the paper has 0.08. */
  readonly minArea: number;
  /** Longest aspect ratio of what a sample shows, and shortest by its inverse; the paper has 4/3. */
  readonly aspect: number;
  /** Whether half of the samples are mirrored. */
  readonly mirror: boolean;
  /** By which share brightness, contrast and saturation are changed at most (Howard 2013, section 2.2). */
  readonly colour: number;
}

/** No sample is distorted: the whole picture as it is. */
export const noAugmentation: Augmentation = { minArea: 1, aspect: 1, mirror: false, colour: 0 };

/** Luma of ITU-R BT.601, by which saturation is taken away. */
const luma = [0.299, 0.587, 0.114];
/** Contrast grows and shrinks around the middle of the range. */
const middle = 127.5;
/** Windows that do not fit into the picture are drawn anew so often; then the whole picture is taken. */
const attempts = 10;

/**
 * Where a sample lies: the matrix [2, 3] that takes its coordinates (x, y, 1), from −1 to 1, to the picture's. Its area and
 * the logarithm of its aspect ratio are drawn evenly, its place evenly among those where it fits (section 6 of the paper).
 */
export function drawTransform(
  { minArea, aspect, mirror }: Augmentation,
  { height, width }: { height: number; width: number },
  random: () => number,
): number[] {
  const [down, across] = drawSize(minArea, aspect, height / width, random);
  const left = random() * (1 - across);
  const top = random() * (1 - down);
  const flip = mirror && random() < 0.5 ? -1 : 1;
  return [flip * across, 0, 2 * left + across - 1, 0, down, 2 * top + down - 1];
}

/** Height and width as shares of the picture's. @param tall height of the picture by its width */
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
 * How a sample's colours are mixed: a matrix [channels, channels] and what is added, [channels]. Brightness b, contrast c and
 * saturation s take a pixel p with luma l to b · (c · (s p + (1 − s) l − middle) + middle).
 */
export function drawColorMix(
  { colour }: Augmentation,
  channels: 1 | 3,
  random: () => number,
): { matrix: number[]; level: number } {
  const around = () => 1 + colour * (2 * random() - 1);
  const [brightness, contrast, saturation] = [around(), around(), around()];
  const gain = brightness * contrast;
  const level = brightness * (1 - contrast) * middle;
  if (channels === 1) return { matrix: [gain], level };
  const matrix = Array.from({ length: 9 }, (_, index) => {
    const own = index % 4 === 0 ? saturation : 0;
    return gain * (own + (1 - saturation) * (luma[index % 3] ?? 0));
  });
  return { matrix, level };
}
