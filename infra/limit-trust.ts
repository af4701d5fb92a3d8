import { Aspects, Stack } from 'aws-cdk-lib';
import { CfnRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { z } from 'zod';

type Operator = 'StringEquals' | 'StringEqualsIfExists';

/**
 * How the trust in a service is limited to this account. `StringEquals` where the service is documented to name the account
 * for which it acts, and `StringEqualsIfExists` elsewhere: a role that its service could not assume would stop everything.
 * EC2 never names one. ECS is documented to name it for the role of a task, not for the one that starts a task.
 */
const operators: Readonly<Record<string, Operator>> = {
  'ecs-tasks.amazonaws.com': 'StringEquals',
  'vpc-flow-logs.amazonaws.com': 'StringEquals',
  'lambda.amazonaws.com': 'StringEqualsIfExists',
  'application-autoscaling.amazonaws.com': 'StringEqualsIfExists',
};

const trustSchema = z.object({
  Statement: z.tuple([z.looseObject({ Principal: z.object({ Service: z.string() }) })]),
});

/** Lets services assume the roles of a construct only for its own account. */
export function limitTrustToAccount(construct: Construct): void {
  Aspects.of(construct).add({
    visit(node) {
      if (!(node instanceof CfnRole)) return;
      const trust = trustSchema.safeParse(Stack.of(node).resolve(node.assumeRolePolicyDocument));
      const startsTasks = node.node.scope?.node.id === 'ExecutionRole';
      const operator = startsTasks
        ? 'StringEqualsIfExists'
        : operators[trust.data?.Statement[0].Principal.Service ?? ''];
      if (operator === undefined) return;
      node.addPropertyOverride('AssumeRolePolicyDocument.Statement.0.Condition', {
        [operator]: { 'aws:SourceAccount': Stack.of(node).account },
      });
    },
  });
}
