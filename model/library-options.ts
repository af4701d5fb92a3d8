import { z } from 'zod';
import { decodeRules } from '../shared/models/decode-rule.ts';
import { maxInputSide } from './import/max-input-side.ts';
import { presets } from './import/presets.ts';

const modelDirectory = z.string().min(1).describe('a model directory');
const out = z.string().min(1).describe('the folder to write the model to');
const overwrite = z.boolean().optional().describe('true or false');
const pixels = z.int().min(1).max(maxInputSide);
const size = z.strictObject({ width: pixels, height: pixels });
const factor = z.number().refine((value) => value !== 0);
const sizeText = `a size of at most ${maxInputSide} pixels such as { width: 224, height: 224 }`;

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*$/)
  .optional()
  .describe('lower-case letters, digits, ".", "_" and "-"');

/** `ImportModelOptions` of a program. */
export const importOptions = z.strictObject({
  source: z.string().min(1).describe('the path of an .onnx file, or of the folder of a TensorFlow.js model'),
  out,
  overwrite,
  labels: z
    .string()
    .min(1)
    .nullable()
    .describe('the path of a file with one label per line, or null for those of the preset, or numbers'),
  output: z.string().min(1).optional().describe('the name of an output of the network'),
  preset: z
    .enum(Object.keys(presets))
    .optional()
    .describe(`one of ${Object.keys(presets).join(', ')}`),
  mean: z.tuple([z.number(), z.number(), z.number()]).optional().describe('three numbers such as [123, 117, 104]'),
  scale: z.tuple([factor, factor, factor]).optional().describe('three numbers other than 0 such as [1, 1, 1]'),
  resize: z.enum(['warp', 'cover']).optional().describe('warp or cover'),
  resizeSize: size.optional().describe(sizeText),
  cropSize: size.optional().describe(sizeText),
  order: z.enum(['RGB', 'BGR']).optional().describe('RGB or BGR'),
  decode: z.enum(decodeRules).optional().describe(decodeRules.join(' or ')),
  name,
});

/** `OptimizeModelOptions` of a program. */
export const optimizeOptions = z.strictObject({ source: modelDirectory, out, overwrite });

/** `QuantizeModelOptions` of a program. */
export const quantizeOptions = z.strictObject({
  source: modelDirectory,
  photos: z.string().min(1).describe('a folder of images'),
  images: z.int().min(1).default(100).describe('a whole number of at least 1'),
  minAgreement: z.number().min(0).max(1).optional().describe('a number from 0 to 1'),
  force: z.boolean().optional().describe('true or false'),
  out,
  overwrite,
});

/** `EnsembleModelOptions` of a program. */
export const ensembleOptions = z.strictObject({
  sources: z.array(z.string().min(1)).min(1).describe('a list of model directories'),
  out,
  overwrite,
  embeddingOf: z.string().min(1).optional().describe('one of the sources'),
  name,
});
