import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

export interface AwsTarget {
  /** Address of a service that is compatible with S3 and SQS, instead of AWS. */
  readonly endpoint?: string | undefined;
  /** @default the SDK's default; with an endpoint the region of the environment or `us-east-1` */
  readonly region?: string | undefined;
  /** Idle time after which an attempt counts as unanswered, milliseconds. @default 6000 */
  readonly idleMs?: number | undefined;
}

export interface AwsClients {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
}

/**
 * By default, a client waits forever. The limit is on idle time, not on the whole request, since a large upload over a slow
 * line is not an error. It is longer than `SqsQueue` waits for messages. A service that never answers is detected within
 * half a minute: three attempts, of which the SDK starts to measure each 3 seconds late.
 */
const connectionTimeout = 5_000;
const defaultIdleMs = 6_000;

/** Clients for S3 and SQS, of AWS or of another endpoint. Created once per process. */
export function awsClients(
  { endpoint, region, idleMs: socketTimeout = defaultIdleMs }: AwsTarget,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): AwsClients {
  const requestHandler = { connectionTimeout, socketTimeout };
  // Requests follow a bucket to its region.
  const s3Options = { requestHandler, followRegionRedirects: true };
  if (endpoint === undefined) {
    const common = region === undefined ? {} : { region };
    return { s3: new S3Client({ ...s3Options, ...common }), sqs: new SQSClient({ requestHandler, ...common }) };
  }
  const { AWS_REGION, AWS_DEFAULT_REGION } = environment;
  const common = {
    endpoint,
    region: region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1',
    ...emulatorCredentials(endpoint, environment),
  };
  return {
    // Bucket names in the host, as AWS uses them, do not resolve there.
    s3: new S3Client({ ...s3Options, ...common, forcePathStyle: true }),
    // The hosts in queue URLs of emulators do not resolve either.
    sqs: new SQSClient({ requestHandler, ...common, useQueueUrlAsEndpoint: false }),
  };
}

/** The address of a client's service as the user gave it; undefined for AWS. */
export async function endpointOf({ config }: S3Client | SQSClient): Promise<string | undefined> {
  const endpoint = await config.endpoint?.();
  if (endpoint === undefined) return undefined;
  const { protocol, hostname, port, path } = endpoint;
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path === '/' ? '' : path}`;
}

/**
 * An emulator on this machine accepts any credentials, but without some the SDK would look for them on the network. Only for
 * this machine: with a real service, made-up credentials would hide that credentials are missing.
 */
function emulatorCredentials(
  endpoint: string,
  { AWS_ACCESS_KEY_ID, AWS_PROFILE }: Readonly<Record<string, string | undefined>>,
): { credentials?: { accessKeyId: string; secretAccessKey: string } } {
  if (AWS_ACCESS_KEY_ID !== undefined || AWS_PROFILE !== undefined || !isLoopback(endpoint)) return {};
  return { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
}

function isLoopback(endpoint: string): boolean {
  const host = URL.parse(endpoint)?.hostname ?? '';
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}
