import { expect } from 'vitest';
import { z } from 'zod';
import { runCommand } from './run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

const planned = z.object({
  job: z.object({
    images: z.number(),
    bytes: z.number(),
    megapixels: z.number(),
    crops: z.number(),
    regions: z.number(),
    ingestBatch: z.number(),
    workers: z.number(),
    listed: z.boolean(),
    worker: z.record(z.string(), z.unknown()),
  }),
  transport: z.string(),
  lines: z.array(z.object({ what: z.string(), quantity: z.number(), unitPrice: z.number(), dollars: z.number() })),
  dollars: z.number(),
  dollarsPerMillion: z.number(),
  hours: z.number(),
  options: z.array(
    z.object({
      name: z.string(),
      model: z.string(),
      rate: z.number(),
      source: z.string(),
      rateFrom: z.string(),
      workers: z.number(),
      hours: z.number(),
      dollars: z.number(),
      problem: z.string().nullable(),
      settings: z.record(z.string(), z.unknown()),
    }),
  ),
  cheapest: z.object({ name: z.string(), model: z.string(), commands: z.array(z.string()) }),
  byWorkers: z.array(z.object({ workers: z.number(), hours: z.number() })),
  peers: z.array(z.object({ name: z.string() })),
  assumptions: z.array(z.object({ what: z.string(), value: z.number(), from: z.string() })),
  prices: z.record(z.string(), z.unknown()),
});

/** Of a user without models: nothing is measured or downloaded. */
export const withoutModels = { XDG_CACHE_HOME: temporaryFolder() };

/** What `plan --json` prints for a user without models. */
export async function planWithoutModels(...args: string[]): Promise<z.output<typeof planned>> {
  const { code, stdout, stderr } = await runCommand(['plan', ...args, '--json'], withoutModels);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return planned.parse(JSON.parse(stdout));
}
