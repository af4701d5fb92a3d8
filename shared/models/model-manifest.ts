import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type CropRule, cropRules } from './crop-rule.ts';
import { checkCropBytes } from './crops-of-image.ts';
import { type DecodeRule, decodeRules } from './decode-rule.ts';
import { type ReferenceOutput, referenceOutputSchema } from './reference-output.ts';
import { type RegionsRule, regionsRevision } from './regions-rule.ts';

const size = z.int().positive();
const perChannel = z.tuple([z.number(), z.number(), z.number()]);

const preprocessSchema = z.strictObject({
  /** `warp` stretches the image to width × height; `cover` keeps the aspect ratio and cuts off the excess. */
  resize: z.strictObject({ rule: z.enum(['warp', 'cover']), width: size, height: size }),
  /** The pixels that are resized, see `DecodeRule`; `exact` in manifests written before this field. */
  decode: z.enum(decodeRules).exactOptional(),
  /** The network inputs, see `cropsPerImage`; width and height of each. */
  crop: z.strictObject({ rule: z.enum(cropRules), width: size, height: size }),
  /** Channel order of a crop; a network that expects another has it folded into its first convolution. */
  colourOrder: z.literal('RGB'),
  /** value = scale × (pixel − mean), per channel of `colourOrder`, pixels 0 to 255. */
  mean: perChannel,
  scale: perChannel,
  /** The color behind transparent pixels, 0 to 255. */
  background: perChannel,
});

/** How an image becomes a model's input tensor. */
export type Preprocess = Readonly<z.infer<typeof preprocessSchema>> & {
  /** Set to also cut out regions of the image. Chosen by who runs the model, so it is no field of manifests. */
  readonly regions?: RegionsRule;
};

export function preprocessWithCropRule(preprocess: Preprocess, rule: CropRule): Preprocess {
  return { ...preprocess, crop: { ...preprocess.crop, rule } };
}

export function preprocessWithDecodeRule({ decode: _, ...preprocess }: Preprocess, rule: DecodeRule): Preprocess {
  return rule === 'exact' ? preprocess : { ...preprocess, decode: rule };
}

export function preprocessWithRegions(preprocess: Preprocess, regions: RegionsRule): Preprocess {
  return { ...preprocess, regions };
}

/** What who runs a model may choose about the crops of each image. */
export interface CropChoice {
  /** @default the rule of the model */
  readonly crops?: CropRule | undefined;
  /** Regions per image at most. @default none */
  readonly regions?: number | undefined;
}

/**
 * The preprocessing of a model as it was chosen to run.
 * @throws {UserError} if the crops of an image exceed `maxCropBytes`
 */
export function preprocessWithChoice(preprocess: Preprocess, { crops, regions }: CropChoice): Preprocess {
  const cropped = crops === undefined ? preprocess : preprocessWithCropRule(preprocess, crops);
  const chosen = regions === undefined ? cropped : preprocessWithRegions(cropped, { maximum: regions });
  checkCropBytes(chosen);
  return chosen;
}

const manifestSchema = z.strictObject({
  formatVersion: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be lower-case letters, digits, ".", "_" or "-"'),
  version: z.string().min(1),
  /** File name of the network, in the folder of the manifest. */
  file: z
    .string()
    .regex(/^(?!\.{1,2}$|manifest\.json$)[^/\\]+$/, 'must be the name of the network file, without a folder'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  input: z.strictObject({
    name: z.string().min(1),
    dtype: z.literal('uint8'),
    layout: z.literal('NHWC'),
    /** Height, width, channels; the batch size is free. */
    shape: z.tuple([size, size, z.literal(3)]),
  }),
  preprocess: preprocessSchema,
  outputs: z.strictObject({
    probabilities: z.string().min(1),
    embedding: z.string().min(1),
    embeddingSize: size,
    /** Of a detector: float [batch, 4], how far the object's box is from the region's, see `BoxOffsets`. */
    boxes: z.string().min(1).optional(),
  }),
  labels: z.array(z.strictObject({ id: z.string().min(1), name: z.string() })).min(1),
  /** Of a detector: id of the label of regions without an object. Other networks may have a label of the same name. */
  backgroundLabel: z.string().min(1).optional(),
  /** The file from which the model was imported, and the output with the classes if it has several. */
  source: z.strictObject({ file: z.string(), sha256: z.string(), output: z.string().min(1).optional() }),
  /**
   * Models with the same embedding, bit by bit, see `modelId`: the model whose last layer was replaced to make this one,
   * then the models from which that one was finetuned, nearest first.
   */
  finetunedFrom: z.array(z.string().min(1)).min(1).optional(),
  /**
   * Models that were optimized, rounded or combined to make this one, see `modelId`, and those that they were made from, nearest
   * first; absent in earlier manifests.
   */
  derivedFrom: z.array(z.string().min(1)).min(1).optional(),
  /** The network's output for `referenceImage`; absent in manifests written before this field. */
  knownAnswer: referenceOutputSchema.optional(),
});

/** The contract of a model directory: `manifest.json` next to the network's `.onnx` file. */
export type ModelManifest = Readonly<Omit<z.infer<typeof manifestSchema>, 'preprocess'>> & {
  readonly preprocess: Preprocess;
};

/**
 * Parses a manifest from JSON.
 * @throws {z.ZodError} naming the field, the expected and the received value
 */
export function parseManifest(value: unknown): ModelManifest {
  return manifestSchema
    .refine(
      ({ input, preprocess }) => input.shape[0] === preprocess.crop.height && input.shape[1] === preprocess.crop.width,
      { message: 'input.shape must be the height and width of preprocess.crop', path: ['input', 'shape'] },
    )
    .refine(({ preprocess: { resize, crop } }) => crop.width <= resize.width && crop.height <= resize.height, {
      message: 'the crop must fit into the resized image',
      path: ['preprocess', 'crop'],
    })
    .refine(({ backgroundLabel, labels }) => backgroundLabel === undefined || isOneOf(labels, backgroundLabel), {
      message: 'must be the id of one of several labels',
      path: ['backgroundLabel'],
    })
    .refine(({ backgroundLabel, outputs }) => outputs.boxes === undefined || backgroundLabel !== undefined, {
      message: 'is needed by outputs.boxes',
      path: ['backgroundLabel'],
    })
    .refine(({ knownAnswer, labels, outputs }) => fitsOutputs(knownAnswer, labels.length, outputs.embeddingSize), {
      message: 'has an index beyond the labels or the embedding of the network',
      path: ['knownAnswer'],
    })
    .parse(value);
}

function isOneOf(labels: ModelManifest['labels'], id: string): boolean {
  return labels.length > 1 && labels.some((label) => label.id === id);
}

function fitsOutputs(reference: ReferenceOutput | undefined, labels: number, embeddingSize: number): boolean {
  return (
    reference === undefined ||
    (reference.probabilities.every(({ index }) => index < labels) &&
      reference.embedding.every(({ index }) => index < embeddingSize))
  );
}

/** Increased whenever `cropImage` gives other pixels for the same rule. */
const preprocessRevision = 4;

/** Increased whenever `decoderShrink` divides by another number. */
const scaledRevision = 1;

/** 16 hexadecimal digits that change whenever the same image would give another tensor. */
export function preprocessDigest(preprocess: Preprocess): string {
  const { resize, crop, colourOrder, mean, scale, background, regions } = preprocess;
  // The squares of `multiscale` are cut from exact pixels.
  const isScaled = preprocess.decode === 'scaled' && crop.rule !== 'multiscale';
  const canonical = JSON.stringify([
    preprocessRevision,
    [resize.rule, resize.width, resize.height],
    [crop.rule, crop.width, crop.height],
    colourOrder,
    mean,
    scale,
    background,
    ...(isScaled ? [['scaled', scaledRevision]] : []),
    ...(regions === undefined ? [] : [['regions', regionsRevision, regions.maximum]]),
  ]);
  return createHash('sha256').update(canonical).digest('hex').slice(0, 16);
}

/**
 * The `model` column of a result: `name@` and 12 hexadecimal digits that change whenever the network or its labels would
 * give another result for the same crop.
 */
export function modelId({ name, sha256, labels, outputs, backgroundLabel }: ModelManifest): string {
  const canonical = JSON.stringify([
    sha256,
    labels.map(({ id, name: label }) => [id, label]),
    outputs,
    ...(backgroundLabel === undefined ? [] : [backgroundLabel]),
  ]);
  return `${name}@${createHash('sha256').update(canonical).digest('hex').slice(0, 12)}`;
}
