import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../shared/failures/user-error.ts';
import type { InceptionBatchProps } from './inception-batch-props.ts';
import { list, parseFields, parseSettings, type Settings, settingsSchema, text } from './settings.ts';

/** Where the files of the stages are, from the folder of `cdk.json`. */
const stagesFolder = 'infra/stages';

/** The settings of the construct, and what a file can only name: an existing bucket and an existing VPC. */
export const stageFileSchema = settingsSchema
  .omit({ stage: true })
  .extend({
    $schema: text(/./, 'the path of a JSON schema for editors'),
    // Names of before 2018 in the region us-east-1 have upper case and underscores; the CDK takes them up to this length.
    dropBucket: text(
      /^[a-zA-Z0-9](?!.*(\.\.|\.-|-\.))[a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]$/,
      'the name of an existing bucket in the same account and region, without s3://',
    ),
    vpc: text(/^vpc-[0-9a-f]{8,17}$/, 'the id of an existing VPC, such as vpc-0123456789abcdef0'),
    subnets: list(
      /^subnet-[0-9a-f]{8,17}$/,
      'ids of subnets of that VPC that can reach AWS, such as subnet-0123456789abcdef0',
    ),
  })
  .partial();

/** Not `z.record`, which drops a field named `__proto__`. */
const objectSchema = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

export interface Stage {
  readonly name: string;
  /** With their defaults. */
  readonly settings: Settings;
  /** As written in the file, for the construct. */
  readonly props: Omit<InceptionBatchProps, 'dropBucket' | 'vpc' | 'vpcSubnets'>;
  /** Name of an existing bucket. */
  readonly dropBucket: string | undefined;
  readonly network: { readonly vpc: string; readonly subnets: readonly string[] } | undefined;
}

/**
 * Reads the settings of a stage from its file.
 * @param name such as `dev`: the file is `infra/stages/dev.json`
 * @throws {UserError} if the file is missing or invalid
 */
export function readStage(name: string, folder = stagesFolder): Stage {
  const path = join(folder, `${name}.json`);
  if (!existsSync(path)) {
    throw new UserError(`the stage ${name} has no settings: write them to ${path}, for example {"model": "FOLDER"}`);
  }
  return parseStage(name, parseJson(readText(path), path), path);
}

/**
 * @param path named in errors
 * @throws {UserError} one line that names every fault and says what to give instead
 */
export function parseStage(name: string, content: unknown, path = join(stagesFolder, `${name}.json`)): Stage {
  const object = objectSchema.safeParse(content);
  if (!object.success) throw new UserError(`${path} is not a JSON object: write settings such as {"model": "FOLDER"}`);
  const fields = parseFields(stageFileSchema, object.data, `wrong settings in ${path}`);
  const { $schema: _, dropBucket, vpc, subnets, ...given } = fields;
  if ((vpc === undefined) !== (subnets === undefined)) {
    throw new UserError(
      `wrong settings in ${path}: give vpc and subnets together; missing: ${vpc ? 'subnets' : 'vpc'}`,
    );
  }
  const props = { ...given, stage: name };
  const others = Object.entries({ dropBucket, vpc, subnets }).filter(([, value]) => value !== undefined);
  const settings = parseSettings(
    props,
    others.map(([other]) => other),
    `wrong settings in ${path}`,
  );
  const network = vpc === undefined || subnets === undefined ? undefined : { vpc, subnets };
  return { name, settings, props, dropBucket, network };
}

/** Text in UTF-8, with or without a byte order mark. */
function readText(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UserError(`${path} is not text in UTF-8: save it in this encoding`);
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(`${path} is not valid JSON: ${message.replaceAll(/[\s\p{Cc}]+/gu, ' ')}`);
  }
}
