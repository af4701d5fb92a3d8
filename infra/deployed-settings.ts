import type { Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { z } from 'zod';
import { classifiers, type Settings } from './settings.ts';

/**
 * The settings whose loss stops a pipeline, or deletes what is stored or makes it unreadable, as the metadata of a template
 * keeps them: a later deployment is compared with it (`check-deployed.ts`).
 */
export const deployedSettingsSchema = z.object({
  /** Null if no model was deployed. */
  model: z.string().nullable(),
  classifier: z.enum(classifiers),
  /** A name, or a reference inside the template; null for the bucket that the pipeline creates. */
  dropBucket: z.json(),
  /** Empty for the whole bucket. */
  dropPrefix: z.string(),
  /** An ARN, or a reference inside the template; null without a key of the existing bucket. */
  dropKey: z.json(),
  customerKey: z.boolean(),
  production: z.boolean(),
});

export type DeployedSettings = z.output<typeof deployedSettingsSchema>;

/** The key in the template's metadata. */
export function metadataKey(stage: string): string {
  return `inception-batch:${stage}`;
}

export function deployedSettings(
  { classifier, dropPrefix = '', dropKey, customerKey, production }: Settings,
  model: string | undefined,
  stack: Stack,
  dropBucket: IBucket | undefined,
): DeployedSettings {
  const bucket = dropBucket && stack.resolve(dropBucket.bucketName);
  return deployedSettingsSchema.parse({
    model: model ?? null,
    classifier,
    dropPrefix,
    dropBucket: bucket ?? null,
    dropKey: dropKey === undefined ? null : stack.resolve(dropKey),
    customerKey,
    production,
  });
}
