import type { Construct } from 'constructs';

/** Flags of the CDK that change the template. Apps that were made with older versions of the CDK do not set them. */
const flags = [
  '@aws-cdk/aws-ecs:disableExplicitDeploymentControllerForCircuitBreaker',
  '@aws-cdk/aws-ecs:removeDefaultDeploymentAlarm',
  '@aws-cdk/aws-ecs:removeEmptyLoadBalancers',
  '@aws-cdk/aws-iam:minimizePolicies',
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy',
];

/** Sets flags for a construct and everything below it, whatever the app sets. It must have no children yet. */
export function setFeatureFlags(construct: Construct): void {
  for (const flag of flags) construct.node.setContext(flag, true);
}
