import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { UserError } from '../shared/failures/user-error.ts';
import type { Allowance } from './command-options.ts';
import type { DeployedClients, Deployment } from './deployment.ts';
import { chooseProfile, incomparable, incomparableError } from './incomparable.ts';
import { readDeployed } from './read-deployed.ts';
import { removalsBetween } from './removals.ts';

/**
 * Compares settings with those of the deployed stack, if there is one.
 * @throws {UserError} if the deployment would remove something without permission, or if the settings cannot be compared
 */
export async function checkDeployed(
  clients: DeployedClients,
  deployment: Deployment,
  allow: readonly Allowance[],
): Promise<void> {
  if (allow.includes('unchecked')) return;
  const { stackName, stage, settings } = deployment;
  await checkAccount(clients, deployment);
  const deployed = await readDeployed(clients, deployment);
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
async function checkAccount({ sts, timeoutMs }: DeployedClients, { account, stackName }: Deployment): Promise<void> {
  const abortSignal = AbortSignal.timeout(timeoutMs);
  const { Account } = await sts.send(new GetCallerIdentityCommand(), { abortSignal }).catch((error: unknown) => {
    throw incomparableError(stackName, error);
  });
  if (Account === account) return;
  if (Account === undefined) throw incomparable(stackName, 'the reply of STS is unreadable', 'try again');
  const cause = `the environment has credentials of the account ${Account}, and cdk deploys to ${account}`;
  throw incomparable(stackName, cause, chooseProfile);
}
