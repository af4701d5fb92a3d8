import { ApplicationAutoScalingClient } from '@aws-sdk/client-application-auto-scaling';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { ECSClient } from '@aws-sdk/client-ecs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { type Clock, systemClock } from './clock.ts';

export interface OperateClients {
  readonly cloudFormation: CloudFormationClient;
  readonly lambda: LambdaClient;
  readonly scaling: ApplicationAutoScalingClient;
  readonly ecs: ECSClient;
  readonly clock: Clock;
}

/** Clients with the account and region of the environment, as the AWS CLI has them. */
export function operateClients(): OperateClients {
  return {
    cloudFormation: new CloudFormationClient(),
    lambda: new LambdaClient(),
    scaling: new ApplicationAutoScalingClient(),
    ecs: new ECSClient(),
    clock: systemClock,
  };
}
