import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';

const resourceSchema = z.looseObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
});
const templateSchema = z.looseObject({
  Resources: z.record(z.string(), resourceSchema),
  Parameters: z.record(z.string(), z.looseObject({ Default: z.unknown() })).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Outputs: z.record(z.string(), z.looseObject({ Value: z.unknown() })).default({}),
});
/** Files by the hash of their content, as `cdk deploy` publishes them; images by their hash. */
const assetsSchema = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string() }),
      destinations: z.record(z.string(), z.object({ objectKey: z.string() })),
    }),
  ),
  dockerImages: z
    .record(
      z.string(),
      z.looseObject({
        source: z.looseObject({ directory: z.string() }),
        destinations: z.record(z.string(), z.object({ imageTag: z.string() })),
      }),
    )
    .default({}),
});

export type Template = z.output<typeof templateSchema>;
export type Resource = z.output<typeof resourceSchema>;

/** A synthesized stack: its template, and its assets by the names that the template gives them. */
export interface Assembly {
  readonly template: Template;
  /** Path of a file or folder by its key in the bucket of assets. */
  readonly files: ReadonlyMap<string, string>;
  /** Build folder of an image by its tag. */
  readonly images: ReadonlyMap<string, string>;
}

/**
 * Reads the output folder of `cdk synth`.
 * @throws {Error} if it does not contain exactly one stack
 */
export function readAssembly(folder: string): Assembly {
  const [file, ...moreFiles] = readdirSync(folder).filter((name) => name.endsWith('.template.json'));
  if (file === undefined || moreFiles.length > 0) throw new Error(`${folder} does not contain exactly one template`);
  const template = templateSchema.parse(readJson(join(folder, file)));
  const assets = assetsSchema.parse(readJson(join(folder, file.replace('.template.json', '.assets.json'))));
  const files = Object.values(assets.files).flatMap(({ source, destinations }) =>
    Object.values(destinations).map(({ objectKey }) => [objectKey, resolve(folder, source.path)] as const),
  );
  const images = Object.values(assets.dockerImages).flatMap(({ source, destinations }) =>
    Object.values(destinations).map(({ imageTag }) => [imageTag, resolve(folder, source.directory)] as const),
  );
  return { template, files: new Map(files), images: new Map(images) };
}

/** The resources of a type, each with its logical id. */
export function resourcesOf(template: Template, type: string): (Resource & { readonly id: string })[] {
  return Object.entries(template.Resources).flatMap(([id, resource]) =>
    resource.Type === type ? [{ id, ...resource }] : [],
  );
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}
