import { z } from 'zod';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { presets } from '../import/presets.ts';
import type { PublishedFile } from '../pull/published-file.ts';
import type { Catalog, CatalogEntry, Recipe } from './catalog-entry.ts';

const fileSchema = z.strictObject({
  file: z.string().regex(/^(?!\.)[\w.@ +-]+$/, 'must be a file name without a folder'),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  urls: z.array(z.url({ protocol: /^https?$/, error: 'must be an http or https address' })).min(1),
});

const share = z.number().min(0).max(1);

const about = {
  about: z.string().default(''),
  classes: z.int().positive().optional(),
  accuracy: z.strictObject({ top1: share, top5: share.optional(), images: z.string(), source: z.string() }).optional(),
  license: z.string().optional(),
};

const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...about,
    kind: z.literal('import'),
    preset: z.enum(Object.keys(presets)),
    network: fileSchema,
    labels: fileSchema,
  }),
  z.strictObject({ ...about, kind: z.literal('directory'), manifest: fileSchema, network: fileSchema }),
]);

export const modelName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be lower-case letters, digits, ".", "_" or "-"');

const catalogSchema = z.strictObject({ formatVersion: z.literal(1), models: z.record(modelName, entrySchema) });

/**
 * Parses a catalog in JSON; `docs/models.md` describes the format.
 * @param location of the text, for messages
 * @throws {UserError} for anything else
 */
export function parseCatalog(text: string, location: string): Catalog {
  try {
    const { models } = catalogSchema.parse(JSON.parse(text));
    return new Map(Object.entries(models).map(([name, entry]) => [name, entryFrom(name, entry)]));
  } catch (cause) {
    throw new UserError(`INCEPTION_CATALOG ${location} is not a model catalog: ${firstIssue(cause)}`, { cause });
  }
}

function entryFrom(name: string, entry: z.infer<typeof entrySchema>): CatalogEntry {
  const { about, classes: labels, accuracy, license } = entry;
  return { name, about, labels, accuracy, license, recipe: recipeFrom(entry) };
}

function recipeFrom(entry: z.infer<typeof entrySchema>): Recipe {
  const network = fileFrom(entry.network);
  if (entry.kind === 'directory') return { kind: 'directory', manifest: fileFrom(entry.manifest), network };
  return { kind: 'import', preset: entry.preset, network, labels: fileFrom(entry.labels) };
}

function fileFrom({ file, bytes, sha256, urls }: z.infer<typeof fileSchema>): PublishedFile {
  return { file, forms: [{ bytes, sha256 }], urls };
}
