import { z } from 'zod';
import { UserError } from '../../../shared/failures/user-error.ts';
import { invalidField } from './invalid-field.ts';

const weightSchema = z.looseObject({
  name: z.string().min(1),
  shape: z.array(z.int().nonnegative()),
  dtype: z.string(),
  /** `optimizer` for a weight that only training reads. */
  group: z.string().nullish(),
  /** value = min + scale × stored number; float16 has neither. */
  quantization: z
    .looseObject({ dtype: z.string(), min: z.number().optional(), scale: z.number().optional() })
    .nullish(),
});

const groupSchema = z.looseObject({
  /** Files of the group, whose bytes are joined. */
  paths: z.array(z.string()).min(1),
  /** In the order of their bytes. */
  weights: z.array(weightSchema),
});

const modelSchema = z.looseObject({
  format: z.string().nullish(),
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(groupSchema),
  signature: z.unknown().optional(),
  userDefinedMetadata: z.unknown().optional(),
});

/** How a weight is stored. */
export type WeightSpec = z.infer<typeof weightSchema>;
export type WeightGroup = z.infer<typeof groupSchema>;
/** A `model.json` of TensorFlow.js. The topology is read by its form: layers or a graph of operations. */
export type ModelJson = z.infer<typeof modelSchema>;

/** @throws {UserError} naming the file and the first field that is wrong */
export function parseModelJson(content: unknown, file: string): ModelJson {
  const parsed = modelSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new UserError(
    `${file} is not a TensorFlow.js model (${invalidField(parsed.error, content)}): give a model.json with modelTopology and weightsManifest`,
    { cause: parsed.error },
  );
}
