import { ListedImage } from '../classify/image-source.ts';
import { type NamedImagesOptions, namedImages } from '../classify/named-images.ts';
import { DrawingsFolder } from './drawings-folder.ts';
import type { RegionsOutcome } from './image-proposals.ts';
import { proposeImages } from './propose-images.ts';

export interface RegionsCommandOptions {
  /** The most regions of each image. */
  readonly max: number;
  /** Cores to use. */
  readonly threads: number;
  /** A new or empty folder for drawings of the best boxes. */
  readonly out?: string;
}

/** How a command is stopped and follows its images. */
export interface RegionsHooks extends NamedImagesOptions {
  readonly stop: AbortSignal;
  /** Called for each image, in the order of the images. @param drawing path of the image with its best boxes, if it was requested */
  readonly onOutcome: (outcome: RegionsOutcome, drawing: string | undefined) => void;
}

export interface RegionsResult {
  readonly interrupted: boolean;
}

/**
 * Proposes the regions of the images that the arguments name, see `namedImages`.
 * @throws {UserError} if drawings cannot be written
 */
export async function regions(
  names: readonly string[],
  { max, threads, out }: RegionsCommandOptions,
  { stop, onOutcome, ...sources }: RegionsHooks,
): Promise<RegionsResult> {
  const drawings = out === undefined ? undefined : await DrawingsFolder.open(out);
  const inputs = namedImages(names, sources);
  const images = drawings ? withoutDrawings(inputs, drawings) : inputs;
  try {
    for await (const result of proposeImages(images, { max, threads, draw: drawings !== undefined, signal: stop })) {
      const { drawing, ...outcome } = result;
      onOutcome(outcome, drawing && (await drawings?.write(outcome.name, drawing)));
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  }
  return { interrupted: stop.aborted };
}

/** The folder of the drawings may be inside a folder of images. */
async function* withoutDrawings(inputs: ReturnType<typeof namedImages>, drawings: DrawingsFolder) {
  for await (const input of inputs) {
    const path = input instanceof ListedImage ? input.name : input;
    if (typeof path !== 'string' || !(await drawings.has(path))) yield input;
  }
}
