import { homedir } from 'node:os';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { configuredEndpoint } from './configured-endpoint.ts';
import { defaultIdleMs } from './idle-time.ts';
import { madeUpCredentials, needsMadeUpCredentials } from './made-up-credentials.ts';
import { type Environment, readSharedConfig, type SharedConfig } from './shared-config.ts';

export interface AwsTarget {
  /**
   * Address of a service that is compatible with S3 and SQS, instead of AWS.
   * @default the address of each service in the environment and the AWS configuration files, as for other AWS tools
   */
  readonly endpoint?: string | undefined;
  /** @default the SDK's default; with an endpoint that of the environment, of the configuration files, or `us-east-1` */
  readonly region?: string | undefined;
  /** Idle time after which an attempt counts as unanswered, milliseconds. @default `defaultIdleMs` */
  readonly idleMs?: number | undefined;
  /** Called before a request to an emulator is signed with made-up credentials. */
  readonly onMadeUpCredentials?: ((endpoint: string) => void) | undefined;
}

export interface AwsClients {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
}

/** Of an attempt, milliseconds; see `defaultIdleMs`. */
const connectionTimeout = 5_000;

/** Clients for S3 and SQS, of AWS or of another endpoint. Created once per process. */
export function awsClients(
  target: AwsTarget,
  environment: Environment = { HOME: homedir(), ...process.env },
): AwsClients {
  const config = readSharedConfig(environment);
  const requestHandler = { connectionTimeout, socketTimeout: target.idleMs ?? defaultIdleMs };
  const optionsFor = (service: 's3' | 'sqs') => {
    const endpoint = target.endpoint ?? configuredEndpoint(service, environment, config);
    return { endpoint, options: { requestHandler, ...serviceOptions({ ...target, endpoint }, environment, config) } };
  };
  const [s3, sqs] = [optionsFor('s3'), optionsFor('sqs')];
  return {
    s3: new S3Client({
      ...s3.options,
      // Requests follow a bucket to its region.
      followRegionRedirects: true,
      // Bucket names in the host, as AWS uses them, do not resolve elsewhere.
      forcePathStyle: s3.endpoint !== undefined && !isAws(s3.endpoint),
    }),
    // The hosts in queue URLs of emulators do not resolve either.
    sqs: new SQSClient({ ...sqs.options, useQueueUrlAsEndpoint: sqs.endpoint === undefined }),
  };
}

function serviceOptions(
  { endpoint, region, onMadeUpCredentials }: AwsTarget,
  environment: Environment,
  config: SharedConfig,
): Pick<S3ClientConfig, 'endpoint' | 'region' | 'credentials'> {
  const { AWS_REGION, AWS_DEFAULT_REGION } = environment;
  // The AWS CLI reads AWS_DEFAULT_REGION, the SDK does not.
  const given = region ?? (AWS_REGION || AWS_DEFAULT_REGION);
  if (endpoint === undefined) return given === undefined || given === '' ? {} : { region: given };
  return {
    endpoint,
    region: given || config.profile['region'] || 'us-east-1',
    ...(needsMadeUpCredentials(endpoint, environment, config)
      ? { credentials: madeUpCredentials(() => onMadeUpCredentials?.(endpoint)) }
      : {}),
  };
}

/** The address of a client's service as the user gave it; undefined for AWS. */
export async function endpointOf({ config }: S3Client | SQSClient): Promise<string | undefined> {
  const endpoint = await config.endpoint?.();
  if (endpoint === undefined) return undefined;
  const { protocol, hostname, port, path } = endpoint;
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path === '/' ? '' : path}`;
}

function isAws(endpoint: string): boolean {
  return /\.amazonaws\.com(\.cn)?$/.test(URL.parse(endpoint)?.hostname ?? '');
}
