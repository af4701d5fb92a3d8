import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { STSClient } from '@aws-sdk/client-sts';
import type { DeployedSettings } from './deployed-settings.ts';

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
  /** Limit of each request with its retries, milliseconds. */
  readonly timeoutMs: number;
}
