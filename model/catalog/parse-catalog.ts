import { z } from 'zod';
import { firstIssue } from '../../shared/failures/first-issue.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { presets } from '../import/presets.ts';
import type { PublishedFile } from '../pull/published-file.ts';
import { assertPlainKeys } from './assert-plain-keys.ts';
import { type Catalog, type CatalogEntry, filesOf, type Recipe } from './catalog-entry.ts';

/** File systems allow 255 bytes; the names of temporary files are longer by up to 60. */
const maxFileName = 150;
const maxModelName = 64;

const fileSchema = z.strictObject({
  file: z
    .string()
    .max(maxFileName)
    .regex(/^\w(?:[\w.@ +-]*[\w@+-])?$/, 'must be a file name without a folder'),
  bytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  urls: z
    .array(
      z
        .url({ protocol: /^https?$/, error: 'must be an http or https address' })
        .refine(hasNoCredentials, 'must not contain a user name or a password'),
    )
    .min(1),
});

const share = z.number().min(0).max(1);

/** One line, without characters that change a terminal. */
const line = z
  .string()
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must be one line without control characters')
  .max(200);

const about = {
  about: line.default(''),
  classes: z.int().positive().optional(),
  accuracy: z.strictObject({ top1: share, top5: share.optional(), images: line, source: line }).optional(),
  license: line.optional(),
};

/** How a network is imported. */
const importing = {
  preset: z.enum(Object.keys(presets)),
  output: z.string().min(1, 'must be the name of an output').optional(),
};

const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...about,
    ...importing,
    kind: z.literal('import'),
    network: fileSchema,
    labels: fileSchema,
  }),
  z.strictObject({
    ...about,
    ...importing,
    kind: z.literal('package'),
    archive: fileSchema,
    folder: z
      .string()
      .regex(/^[^/\\]+(?:\/[^/\\]+)*$/, 'must be a folder inside the archive, such as package/dist/model'),
  }),
  z.strictObject({ ...about, kind: z.literal('directory'), manifest: fileSchema, network: fileSchema }),
]);

const modelName = z
  .string()
  .max(maxModelName, `must have at most ${maxModelName} characters`)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, 'must be lower-case letters, digits, ".", "_" or "-"');

const catalogSchema = z.strictObject({ formatVersion: z.literal(1), models: z.record(z.string(), entrySchema) });

/**
 * Parses a catalog in JSON; `docs/models.md` describes the format.
 * @param location of the text, for messages: a path or an address, see `displayUrl`
 * @throws {UserError} for anything else
 */
export function parseCatalog(text: string, location: string): Catalog {
  try {
    // Editors on Windows write a byte order mark.
    const json = text.replace(/^\uFEFF/, '');
    const value: unknown = JSON.parse(json);
    assertPlainKeys(json);
    const { models } = catalogSchema.parse(value);
    const entries = Object.entries(models).map(([name, entry]) => entryFrom(checkedName(name), entry));
    const catalog = new Map(entries.map((entry) => [entry.name, entry]));
    assertFileNames(catalog);
    return catalog;
  } catch (cause) {
    throw new UserError(`INCEPTION_CATALOG ${location} is not a model catalog: ${firstIssue(cause)}`, { cause });
  }
}

function checkedName(name: string): string {
  const { error } = modelName.safeParse(name);
  if (error !== undefined) throw new UserError(`the name ${JSON.stringify(name)} ${firstIssue(error)}`);
  return name;
}

/** Different files of one name would replace each other in the folder of downloads. */
function assertFileNames(catalog: Catalog): void {
  const digests = new Map<string, string>();
  for (const { file, sha256 } of Array.from(catalog.values(), (entry) => filesOf(entry, catalog)).flat()) {
    const key = file.toLowerCase();
    if ((digests.get(key) ?? sha256) !== sha256) {
      throw new UserError(`two different files have the name ${file}: give each its own "file"`);
    }
    digests.set(key, sha256);
  }
}

function entryFrom(name: string, entry: z.infer<typeof entrySchema>): CatalogEntry {
  const { about, classes: labels, accuracy, license } = entry;
  return { name, about, labels, accuracy, license, recipe: recipeFrom(entry) };
}

function recipeFrom(entry: z.infer<typeof entrySchema>): Recipe {
  switch (entry.kind) {
    case 'import': {
      const { kind, preset, output, network, labels } = entry;
      return { kind, preset, output, network: fileFrom(network), labels: { ...fileFrom(labels), isText: true } };
    }
    case 'package': {
      const { kind, preset, output, archive, folder } = entry;
      return { kind, preset, output, archive: fileFrom(archive), folder };
    }
    case 'directory':
      return { kind: entry.kind, manifest: fileFrom(entry.manifest), network: fileFrom(entry.network) };
  }
}

function hasNoCredentials(url: string): boolean {
  const { username = '', password = '' } = URL.parse(url) ?? {};
  return username === '' && password === '';
}

function fileFrom({ file, bytes, sha256, urls }: z.infer<typeof fileSchema>): PublishedFile {
  return { file, bytes, sha256, urls };
}
