import { z } from 'zod';

/** A text that must not be empty. */
export const name = z.string().min(1);
export const timestamp = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
/** Empty or missing if the bucket keeps no versions; `null` names a version that is overwritten, so it identifies none. */
export const version = z
  .string()
  .optional()
  .transform((text) => (text === '' || text === 'null' ? undefined : text));
export const objectFields = {
  key: name,
  size: z.int().nonnegative().optional(),
  sequencer: z.string().optional(),
};
