import { z } from 'zod';
import { commandOutput } from './run-command.ts';

/** What tests read of the report of `model finetune --json`. */
export const finetuneReportSchema = z.object({
  model: z.string(),
  images: z.number(),
  learnedCrops: z.number(),
  crops: z.number(),
  stored: z.number(),
  computed: z.number(),
  labels: z.array(z.object({ label: z.string(), images: z.number() })),
  leftOut: z.array(z.object({ name: z.string(), reason: z.string() })),
  crossValidation: z.object({ accuracy: z.number(), tested: z.number() }),
});

/** Report of `model finetune` on labels of whole images. */
export async function finetune(model: string, labels: string, out: string, ...more: readonly string[]) {
  const args = ['model', 'finetune', model, '--labels', labels, '--out', out, '--json', ...more];
  return finetuneReportSchema.parse(JSON.parse(await commandOutput(args)));
}
