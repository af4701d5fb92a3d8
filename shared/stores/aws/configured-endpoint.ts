import type { Environment, SharedConfig } from './shared-config.ts';

/**
 * The address of a service that the user configured for all AWS tools: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or
 * `endpoint_url` in the configuration files. Clients need it when they are made, since buckets and queues of another service
 * are addressed differently.
 */
export function configuredEndpoint(
  service: 's3' | 'sqs',
  environment: Environment,
  { profile, services }: SharedConfig,
): string | undefined {
  const { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: ignored = profile['ignore_configured_endpoint_urls'] } = environment;
  if (ignored?.toLowerCase() === 'true') return undefined;
  const candidates = [
    environment[`AWS_ENDPOINT_URL_${service.toUpperCase()}`],
    environment['AWS_ENDPOINT_URL'],
    services[`${service}.endpoint_url`],
    profile['endpoint_url'],
  ];
  return candidates.find((address) => address !== undefined && address !== '');
}
