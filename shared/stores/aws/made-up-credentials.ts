import type { Environment, SharedConfig } from './shared-config.ts';

/**
 * Variables and settings of a profile from which the SDK gets credentials without a search on the network. An empty variable
 * counts as unset, as in the SDK.
 */
const variables = [
  'AWS_ACCESS_KEY_ID',
  'AWS_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];
const settings = [
  'aws_access_key_id',
  'credential_process',
  'credential_source',
  'login_session',
  'role_arn',
  'sso_session',
  'sso_start_url',
  'web_identity_token_file',
];

/**
 * An emulator on this machine accepts any credentials, but without some the SDK would look for them on the network. Only for
 * this machine: with a real service, made-up credentials would hide that credentials are missing.
 */
export function needsMadeUpCredentials(endpoint: string, environment: Environment, { profile }: SharedConfig): boolean {
  return (
    isLoopback(endpoint) &&
    !variables.some((name) => environment[name]) &&
    !settings.some((name) => profile[name] !== undefined)
  );
}

/** @param onUse called when the first request is signed */
export function madeUpCredentials(onUse: () => void) {
  return async () => {
    onUse();
    return { accessKeyId: 'local', secretAccessKey: 'local' };
  };
}

function isLoopback(endpoint: string): boolean {
  const host = URL.parse(endpoint)?.hostname ?? '';
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}
