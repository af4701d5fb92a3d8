import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { parseOptions } from '../../../shared/failures/parse-options.ts';
import { maxRegions } from '../../../shared/models/regions-rule.ts';
import { parseImages } from '../classify/parse-images.ts';
import { maxThreads } from '../compute-limits.ts';
import { defaultMaxRegions } from './default-max-regions.ts';
import type { RegionsOutcome } from './image-proposals.ts';
import { proposeImages } from './propose-images.ts';

const countTo = (max: number) => z.int().min(1).max(max);

/** Programs in JavaScript are not checked by types. */
const optionsSchema = z.strictObject({
  max: countTo(maxRegions).default(defaultMaxRegions).describe(`a whole number from 1 to ${maxRegions}`),
  threads: countTo(maxThreads)
    .default(() => availableParallelism())
    .describe(`a whole number from 1 to ${maxThreads}, four for each core`),
  signal: z.instanceof(AbortSignal).optional().describe('an AbortSignal'),
});

/** Proposes the regions of the images that a program gives. @throws {UserError} for an invalid image argument or option */
export function proposeForProgram(images: unknown, options: unknown): AsyncGenerator<RegionsOutcome, void> {
  return proposeImages(parseImages(images), parseOptions(optionsSchema, options, 'proposeRegions'));
}
