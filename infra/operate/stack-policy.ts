import {
  type CloudFormationClient,
  GetStackPolicyCommand,
  SetStackPolicyCommand,
} from '@aws-sdk/client-cloudformation';
import type { Change } from './change.ts';

const allow = { Effect: 'Allow', Action: 'Update:*', Principal: '*', Resource: '*' };

/** A deployment that changes an event source or the scaling would turn it on: CloudFormation sets all that it declares. */
const stopped = JSON.stringify({
  Statement: [
    allow,
    {
      Effect: 'Deny',
      Action: 'Update:*',
      Principal: '*',
      Resource: '*',
      Condition: {
        StringEquals: {
          ResourceType: ['AWS::Lambda::EventSourceMapping', 'AWS::ApplicationAutoScaling::ScalableTarget'],
        },
      },
    },
  ],
});
/** A stack policy cannot be removed. */
const open = JSON.stringify({ Statement: [allow] });

/**
 * Makes CloudFormation refuse deployments that would resume a stopped stage, or allows them again. A policy that somebody
 * else has set is left alone.
 */
export async function setStackPolicy(
  client: CloudFormationClient,
  stackName: string,
  state: 'stopped' | 'open',
): Promise<Change> {
  const resource = 'deployments that would resume it';
  const after = state === 'stopped' ? 'refused' : 'allowed';
  const { StackPolicyBody } = await client.send(new GetStackPolicyCommand({ StackName: stackName }));
  if (StackPolicyBody !== undefined && StackPolicyBody !== stopped && StackPolicyBody !== open) {
    const own = 'as your own stack policy says';
    return { resource, before: own, after: own };
  }
  const before = StackPolicyBody === stopped ? 'refused' : 'allowed';
  if (before !== after) {
    const body = state === 'stopped' ? stopped : open;
    await client.send(new SetStackPolicyCommand({ StackName: stackName, StackPolicyBody: body }));
  }
  return { resource, before, after };
}
