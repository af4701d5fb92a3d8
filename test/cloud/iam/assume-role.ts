import { account, assumedRole, region } from '../account.ts';
import type { Authorizer, Principal } from './authorizer.ts';

/** What a service is documented to tell about the resource for which it assumes a role; Lambda tells nothing. */
const contexts = {
  'lambda.amazonaws.com': {},
  'ecs-tasks.amazonaws.com': { 'aws:SourceAccount': account, 'aws:SourceArn': `arn:aws:ecs:${region}:${account}:*` },
} as const;

/**
 * The principal of a process for which a service assumes a role.
 * @param role ARN
 * @throws {Error} if the role's trust policy does not let the service assume it
 */
export async function assumeRole(
  authorizer: Authorizer,
  service: keyof typeof contexts,
  { role, session }: { readonly role: string; readonly session: string },
): Promise<Principal> {
  const access = { action: 'sts:AssumeRole', resource: role };
  if (!(await authorizer.isAllowed({ arn: service, context: contexts[service] }, access))) {
    throw new Error(`${service} is not authorized to perform: sts:AssumeRole on resource: ${role}`);
  }
  return assumedRole(role, session);
}
