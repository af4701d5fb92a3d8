import {
  type CloudFormationClient,
  GetStackPolicyCommand,
  SetStackPolicyCommand,
} from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import type { Transition } from './change.ts';
import type { StageStack } from './stage-stack.ts';

const everyUpdate = { Action: 'Update:*', Principal: '*' } as const;
const allow = { Effect: 'Allow', ...everyUpdate, Resource: '*' } as const;
const prefix = 'LogicalResourceId/';

const allowSchema = z.strictObject({
  Effect: z.literal('Allow'),
  Action: z.literal('Update:*'),
  Principal: z.literal('*'),
  Resource: z.literal('*'),
});
const denySchema = allowSchema.extend({
  Effect: z.literal('Deny'),
  Resource: z.array(z.string().startsWith(prefix)),
});
/** What this command writes, however CloudFormation formats it. */
const policySchema = z.strictObject({
  Statement: z.union([z.tuple([allowSchema]), z.tuple([allowSchema, denySchema])]),
});

/**
 * Makes CloudFormation refuse deployments that would resume a stopped stage, or allows them again: it sets all that it
 * declares, so that one which changes an event source or the scaling would turn it on. Other stages of the stack keep what
 * protects them, and a policy that somebody else has set is left alone.
 */
export async function setStackPolicy(
  client: CloudFormationClient,
  { stackName, stoppable }: Pick<StageStack, 'stackName' | 'stoppable'>,
  state: 'stopped' | 'open',
): Promise<Transition> {
  const { StackPolicyBody } = await client.send(new GetStackPolicyCommand({ StackName: stackName }));
  const denied = deniedIn(StackPolicyBody);
  if (denied === undefined) {
    const own = 'as your own stack policy says';
    return { before: own, after: own };
  }
  const others = denied.filter((id) => !stoppable.includes(id));
  const next = state === 'stopped' ? [...others, ...stoppable] : others;
  const [after, opposite] = state === 'stopped' ? ['refused', 'allowed'] : ['allowed', 'refused'];
  if (next.length === denied.length) return { before: after, after };
  await client.send(new SetStackPolicyCommand({ StackName: stackName, StackPolicyBody: policyThatDenies(next) }));
  return { before: opposite, after };
}

/** @returns logical ids; undefined for a policy that this command has not written */
function deniedIn(body: string | undefined): string[] | undefined {
  if (body === undefined) return [];
  const policy = policySchema.safeParse(JSON.parse(body));
  if (!policy.success) return undefined;
  const [, deny] = policy.data.Statement;
  return deny?.Resource.map((resource) => resource.slice(prefix.length)) ?? [];
}

/** A stack policy cannot be removed: one that denies nothing allows everything. */
function policyThatDenies(ids: readonly string[]): string {
  const deny = { Effect: 'Deny', ...everyUpdate, Resource: ids.map((id) => `${prefix}${id}`) };
  return JSON.stringify({ Statement: ids.length === 0 ? [allow] : [allow, deny] });
}
