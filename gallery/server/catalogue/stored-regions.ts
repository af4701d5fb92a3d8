import { z } from 'zod';
import type { ImageRegion } from '../responses.ts';

/** The column `regions` of the view `results`. */
export const storedRegionsSchema = z
  .array(
    z.object({
      ...{ x: z.number(), y: z.number(), width: z.number(), height: z.number() },
      ...{ label_id: z.string(), label: z.string(), probability: z.number() },
    }),
  )
  .nullable()
  .transform((stored): ImageRegion[] | null => stored?.map(regionOf) ?? null);

function regionOf(
  { label_id: labelId, ...rest }: { label_id: string } & Omit<ImageRegion, 'labelId' | 'region'>,
  index: number,
): ImageRegion {
  return { ...rest, labelId, region: index + 1 };
}
