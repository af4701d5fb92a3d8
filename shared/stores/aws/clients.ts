import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';

export interface AwsTarget {
  /** Address of a service that speaks S3's and SQS's protocols, instead of AWS. */
  readonly endpoint?: string | undefined;
  /** @default as the SDK finds it; with an endpoint `us-east-1` where the environment names none */
  readonly region?: string | undefined;
}

export interface AwsClients {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
}

/**
 * A client waits for ever by default. Idle time is what is limited, not the whole request: a large upload over a
 * slow line is no fault. More than the seconds for which a queue here lets SQS stay silent; and a service
 * that never answers is known for it within half a minute: three attempts, which the SDK begins to time 3 seconds late.
 */
const requestHandler = { connectionTimeout: 5_000, socketTimeout: 6_000 };

/** Clients for S3 and SQS, of AWS or of another endpoint. Made once, at the edge. */
export function awsClients(
  { endpoint, region }: AwsTarget,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): AwsClients {
  // A bucket that lies in another region than the client is followed there.
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
    // Names of buckets before the host, as AWS has them, do not resolve there.
    s3: new S3Client({ ...s3Options, ...common, forcePathStyle: true }),
    // Nor do the hosts that emulators put into the URLs of their queues.
    sqs: new SQSClient({ requestHandler, ...common, useQueueUrlAsEndpoint: false }),
  };
}

/** Address that a client was given instead of AWS, as people write it. */
export async function endpointOf({ config }: S3Client | SQSClient): Promise<string | undefined> {
  const endpoint = await config.endpoint?.();
  if (endpoint === undefined) return undefined;
  const { protocol, hostname, port, path } = endpoint;
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path === '/' ? '' : path}`;
}

/**
 * An emulator on this machine takes any credentials but the SDK signs nothing without some, and asks the network for
 * them. Never for another host: it might be a real one, and a wrong signature would hide that credentials are missing.
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
