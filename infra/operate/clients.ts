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

/**
 * Clients with the account and region of the environment, as the AWS CLI has them.
 * @param timeoutMs of a request, which is repeated twice
 */
export function operateClients({ timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {}): OperateClients {
  const requestHandler = {
    connectionTimeout: timeoutMs,
    requestTimeout: timeoutMs,
    // Otherwise a request that takes longer is only logged.
    throwOnRequestTimeout: true,
  };
  return {
    cloudFormation: new CloudFormationClient({ requestHandler }),
    lambda: new LambdaClient({ requestHandler }),
    scaling: new ApplicationAutoScalingClient({ requestHandler }),
    ecs: new ECSClient({ requestHandler }),
    clock: systemClock,
  };
}
