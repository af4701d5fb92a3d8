import { UserError } from '../../failures/user-error.ts';
import type { Environment, SharedConfig } from './shared-config.ts';

/**
 * The address of a service that the user configured for all AWS tools: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, or
 * `endpoint_url` in the configuration files. Clients need it when they are made, since buckets and queues of another service
 * are addressed differently.
 * @throws {UserError} that names the setting, if it is not a URL
 */
export function configuredEndpoint(
  service: 's3' | 'sqs',
  environment: Environment,
  { profile, services }: SharedConfig,
): string | undefined {
  const { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: ignored = profile['ignore_configured_endpoint_urls'] } = environment;
  if (ignored?.toLowerCase() === 'true') return undefined;
  const specific = `AWS_ENDPOINT_URL_${service.toUpperCase()}`;
  const candidates = [
    [specific, environment[specific]],
    ['AWS_ENDPOINT_URL', environment['AWS_ENDPOINT_URL']],
    [`endpoint_url of ${service} in the AWS configuration`, services[`${service}.endpoint_url`]],
    ['endpoint_url of the AWS profile', profile['endpoint_url']],
  ] as const;
  for (const [setting, address] of candidates) {
    if (address === undefined || address === '') continue;
    if (/^https?:$/.test(URL.parse(address)?.protocol ?? '')) return address;
    throw new UserError(`${setting} needs a URL such as http://localhost:4566, but is ${address}`);
  }
  return undefined;
}
