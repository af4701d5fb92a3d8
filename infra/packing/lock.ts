import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const names = z.array(z.string());

/** A package of the repository itself has no version. */
const entrySchema = z.object({
  version: z.string().optional(),
  optional: z.boolean().optional(),
  os: names.optional(),
  cpu: names.optional(),
  libc: names.optional(),
  hasInstallScript: z.boolean().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});

/** By their folder below the one of the lock, such as `node_modules/sharp`; the folder itself is the empty text. */
const lockSchema = z.object({ packages: z.record(z.string(), entrySchema) });

export type Lock = z.infer<typeof lockSchema>;

export function readLock(folder: string): Lock {
  return lockSchema.parse(JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')));
}
