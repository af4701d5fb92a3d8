import { DescribeStacksCommand, GetTemplateSummaryCommand } from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { type DeployedSettings, deployedSettingsSchema, metadataKey } from './deployed-settings.ts';
import type { DeployedClients, Deployment } from './deployment.ts';
import { incomparable, incomparableError } from './incomparable.ts';

/** States of a stack of which no deployment has succeeded. */
const neverDeployed = [
  'REVIEW_IN_PROGRESS',
  'CREATE_FAILED',
  'ROLLBACK_COMPLETE',
  'ROLLBACK_FAILED',
  'DELETE_COMPLETE',
];

const metadataSchema = z.record(z.string(), z.unknown());

/**
 * @returns undefined if the stack was never deployed
 * @throws {UserError} if its settings cannot be read
 */
export async function readDeployed(
  { cloudFormation, timeoutMs }: Pick<DeployedClients, 'cloudFormation' | 'timeoutMs'>,
  { stackName, stage }: Pick<Deployment, 'stackName' | 'stage'>,
): Promise<DeployedSettings | undefined> {
  const limit = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });
  let status: string | undefined;
  let metadata: string | undefined;
  try {
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stackName }), limit());
    status = Stacks?.[0]?.StackStatus;
    if (status !== undefined && neverDeployed.includes(status)) return undefined;
    ({ Metadata: metadata } = await cloudFormation.send(
      new GetTemplateSummaryCommand({ StackName: stackName }),
      limit(),
    ));
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) return;
    throw incomparableError(stackName, error);
  }
  if (status === undefined) throw incomparable(stackName, 'the reply of CloudFormation is unreadable', 'try again');
  const deployed = deployedSettingsSchema.safeParse(settingsIn(metadata, stage));
  if (deployed.success) return deployed.data;
  const names = Object.keys(deployedSettingsSchema.shape).join(', ');
  throw incomparable(stackName, 'another version deployed it', `check ${names} in infra/stages/${stage}.json`);
}

function settingsIn(metadata: string | undefined, stage: string): unknown {
  try {
    return metadataSchema.parse(JSON.parse(metadata || '{}'))[metadataKey(stage)];
  } catch {
    return undefined;
  }
}
