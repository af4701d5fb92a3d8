import { RemovalPolicy } from 'aws-cdk-lib';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  Architecture,
  type FunctionOptions,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { functionCode } from './assets.ts';
import type { FunctionName } from './packing/function-programs.ts';
import type { Settings } from './settings.ts';

export interface MakeFunctionProps extends FunctionOptions {
  readonly settings: Settings;
  readonly program: FunctionName;
}

/** A function on Graviton with its own log group and a role that may write to no other. */
export function makeFunction(
  scope: Construct,
  id: string,
  { settings, program, ...props }: MakeFunctionProps,
): LambdaFunction {
  const logGroup = makeLogGroup(scope, `${id}Log`, settings);
  // The managed policy would allow writing to every log group.
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  acknowledge(role, { 'AwsSolutions-IAM5[Resource::*]': 'X-Ray has no resources to restrict its actions to.' });
  return new LambdaFunction(scope, id, {
    role,
    logGroup,
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    tracing: Tracing.ACTIVE,
    code: functionCode(program),
    ...props,
  });
}

/** The role of a function that `makeFunction` made. */
export function roleOf({ role }: LambdaFunction): IRole {
  if (role === undefined) throw new Error('the function has no role');
  return role;
}

/** @param key encrypts the log group outside the pipeline, where its aspect does not */
export function makeLogGroup(scope: Construct, id: string, { logDays, production }: Settings, key?: IKey): LogGroup {
  const retention: RetentionDays = logDays;
  return new LogGroup(scope, id, {
    retention,
    ...(key ? { encryptionKey: key } : {}),
    removalPolicy: production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}
