import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { repository } from './cli.ts';
import { temporaryFolder } from './temporary-folder.ts';

const peakSchema = z.object({
  outcome: z.string(),
  /** The color of all pixels of the crops if it is the same. */
  colour: z.array(z.number()).nullable(),
  expected: z.number(),
  grown: z.number(),
});

export type Peak = z.output<typeof peakSchema>;

/**
 * Decodes a file in a separate process and measures the peak growth of its memory, bytes. Memory after decoding does
 * not show the peak, and within one process earlier decodes would count too.
 */
export async function peakOf(bytes: Uint8Array, { crops = 1, resize = 'warp', maxPixels = 1e12 } = {}): Promise<Peak> {
  const path = join(temporaryFolder(), 'picture');
  await writeFile(path, bytes);
  const script = join(repository, 'bench/decode/peak.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    path,
    ...[crops, resize, maxPixels].map(String),
  ]);
  return peakSchema.parse(JSON.parse(stdout));
}
