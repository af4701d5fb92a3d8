import { z } from 'zod';

/** A page of images, as `/api/images` answers. */
export const imagePage = z.object({
  version: z.number(),
  count: z.number(),
  offset: z.number(),
  images: z.array(z.object({ id: z.string(), key: z.string() })),
});

export function keysOf(answer: unknown): string[] {
  return imagePage.parse(answer).images.map(({ key }) => key);
}
