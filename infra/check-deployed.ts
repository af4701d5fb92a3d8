import { type CloudFormationClient, GetTemplateSummaryCommand } from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { UserError } from '../shared/failures/user-error.ts';
import type { Allowance } from './command-options.ts';
import { type DeployedSettings, deployedSettingsSchema, metadataKey } from './deployed-settings.ts';

export interface Deployment {
  readonly stage: string;
  readonly stackName: string;
  readonly settings: DeployedSettings;
}

/**
 * Compares settings with those of the deployed stack, if there is one.
 * @returns undefined, or why they could not be compared
 * @throws {UserError} if the deployment would remove the model, the workers or the watched uploads without permission, or
 * if the deployed settings may not be read
 */
export async function checkDeployed(
  client: CloudFormationClient,
  { stage, stackName, settings }: Deployment,
  allow: readonly Allowance[],
): Promise<string | undefined> {
  if (allow.includes('unchecked')) return undefined;
  let metadata: string | undefined;
  try {
    ({ Metadata: metadata } = await client.send(new GetTemplateSummaryCommand({ StackName: stackName })));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'ValidationError' && error.message.includes('does not exist')) return undefined;
    if (error.name === 'CredentialsProviderError') return 'no credentials in the environment of this command';
    throw new UserError(
      `the deployed settings of ${stackName} cannot be read (${error.name}: ${error.message}): allow cloudformation:GetTemplateSummary, or give -c allow=unchecked to deploy without comparing them`,
    );
  }
  const deployed = readMetadata(metadata, stage);
  if (deployed === undefined) return undefined;
  const removals = removalsBetween(deployed, settings).filter(({ allowance }) => !allow.includes(allowance));
  if (removals.length === 0) return undefined;
  const names = [...new Set([...allow, ...removals.map(({ allowance }) => allowance)])];
  throw new UserError(
    `${stackName} is deployed with ${removals.map(({ text }) => text).join(', and with ')}: correct infra/stages/${stage}.json, or give -c allow=${names.join(',')} to deploy the change`,
  );
}

/** @returns undefined for a template without metadata, such as that of an earlier version */
function readMetadata(metadata: string | undefined, stage: string): DeployedSettings | undefined {
  if (metadata === undefined || metadata === '') return undefined;
  const all = z.record(z.string(), z.unknown()).parse(JSON.parse(metadata));
  return deployedSettingsSchema.optional().parse(all[metadataKey(stage)]);
}

interface Removal {
  readonly allowance: Allowance;
  /** What is deployed, and what replaces it. */
  readonly text: string;
}

/** Another model is an ordinary change, and so is a shorter prefix, under which more is watched. */
export function removalsBetween(deployed: DeployedSettings, next: DeployedSettings): Removal[] {
  const removals: Removal[] = [];
  if (deployed.model !== null && next.model === null) {
    removals.push({ allowance: 'model', text: `the model ${deployed.model}, now none` });
  }
  if (deployed.classifier === 'gpu' && next.classifier === 'lambda') {
    removals.push({ allowance: 'workers', text: 'GPU workers, now a function' });
  }
  if (JSON.stringify(deployed.dropBucket) !== JSON.stringify(next.dropBucket)) {
    const text = `${bucketText(deployed.dropBucket)}, now ${bucketText(next.dropBucket)}`;
    removals.push({ allowance: 'dropBucket', text });
  } else if (!deployed.dropPrefix.startsWith(next.dropPrefix)) {
    const before = deployed.dropPrefix === '' ? 'no dropPrefix' : `the dropPrefix ${deployed.dropPrefix}`;
    removals.push({ allowance: 'dropBucket', text: `${before}, now ${next.dropPrefix}` });
  }
  return removals;
}

function bucketText(bucket: DeployedSettings['dropBucket']): string {
  if (bucket === null) return 'a drop bucket of its own';
  return `the drop bucket ${typeof bucket === 'string' ? bucket : JSON.stringify(bucket)}`;
}
