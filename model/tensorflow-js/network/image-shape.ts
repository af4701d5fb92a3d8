import { type Step, unsupported } from './unsupported.ts';

export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/**
 * The shape of an input without its batch, with open sizes filled in.
 * @param stated null or a negative number is an open size
 * @param size of the image, for open sizes
 * @throws {UserError} if a size is 0 or stays open
 */
export function imageShape(
  stated: readonly (number | null)[],
  step: Step,
  size: ImageSize | undefined,
): readonly number[] {
  const given = stated.length === 3 && size !== undefined ? [size.height, size.width] : [];
  const written = `[${stated.map((each) => each ?? '?').join(', ')}]`;
  if (stated.includes(0)) throw unsupported(step, `has a size of 0 (${written})`);
  return stated.map((length, axis) => {
    const filled = length === null || length < 0 ? given[axis] : length;
    if (filled !== undefined) return filled;
    throw unsupported(step, `leaves its size open (${written}): give its size as the crop size`);
  });
}
