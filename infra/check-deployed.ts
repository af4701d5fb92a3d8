import { type CloudFormationClient, GetTemplateSummaryCommand } from '@aws-sdk/client-cloudformation';
import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { z } from 'zod';
import { UserError } from '../shared/failures/user-error.ts';
import type { Allowance } from './command-options.ts';
import { type DeployedSettings, deployedSettingsSchema, metadataKey } from './deployed-settings.ts';
import { removalsBetween } from './removals.ts';

export interface Deployment {
  readonly stage: string;
  readonly stackName: string;
  /** The account that `cdk` deploys to. */
  readonly account: string;
  readonly settings: DeployedSettings;
}

export interface DeployedClients {
  readonly cloudFormation: CloudFormationClient;
  readonly sts: STSClient;
}

/**
 * Compares settings with those of the deployed stack, if there is one.
 * @throws {UserError} if the deployment would remove something without permission, or if the settings cannot be compared
 */
export async function checkDeployed(
  { cloudFormation, sts }: DeployedClients,
  deployment: Deployment,
  allow: readonly Allowance[],
): Promise<void> {
  if (allow.includes('unchecked')) return;
  const { stackName, stage, settings } = deployment;
  await checkAccount(sts, deployment);
  const deployed = await readDeployed(cloudFormation, deployment);
  if (deployed === undefined) return;
  const removals = removalsBetween(deployed, settings).filter(({ allowance }) => !allow.includes(allowance));
  if (removals.length === 0) return;
  const names = [...new Set([...allow, ...removals.map(({ allowance }) => allowance)])];
  throw new UserError(
    `${stackName} is deployed with ${removals.map(({ text }) => text).join(', and with ')}: correct infra/stages/${stage}.json, or give -c allow=${names.join(',')} to deploy the change`,
  );
}

/**
 * `cdk --profile` chooses an account without passing its credentials to the app: with those of another account, every
 * deployed stack would seem to be missing.
 */
async function checkAccount(client: STSClient, { account, stackName }: Deployment): Promise<void> {
  const { Account = 'unknown' } = await client.send(new GetCallerIdentityCommand()).catch((error: unknown) => {
    throw incomparable(stackName, causeOf(error), chooseProfile);
  });
  if (Account === account) return;
  const cause = `the environment has credentials of the account ${Account}, and cdk deploys to ${account}`;
  throw incomparable(stackName, cause, chooseProfile);
}

/** @returns undefined if the stack does not exist */
async function readDeployed(
  client: CloudFormationClient,
  { stackName, stage }: Deployment,
): Promise<DeployedSettings | undefined> {
  let metadata: string | undefined;
  try {
    ({ Metadata: metadata } = await client.send(new GetTemplateSummaryCommand({ StackName: stackName })));
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) return;
    throw incomparable(stackName, causeOf(error), 'allow cloudformation:GetTemplateSummary');
  }
  const all = z.record(z.string(), z.unknown()).parse(JSON.parse(metadata || '{}'));
  const deployed = deployedSettingsSchema.safeParse(all[metadataKey(stage)]);
  if (deployed.success) return deployed.data;
  const names = Object.keys(deployedSettingsSchema.shape).join(', ');
  throw incomparable(stackName, 'another version deployed it', `check ${names} in infra/stages/${stage}.json`);
}

const chooseProfile = 'set AWS_PROFILE, which replaces the option --profile of cdk';

function incomparable(stackName: string, cause: string, remedy: string): UserError {
  return new UserError(
    `the deployed settings of ${stackName} cannot be compared (${cause}): ${remedy}, or give -c allow=unchecked to deploy without comparing them`,
  );
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const message = error.message.replaceAll(/\s*\n\s*/g, ' ');
  return error.name === 'CredentialsProviderError' ? 'no credentials' : `${error.name}: ${message}`;
}
