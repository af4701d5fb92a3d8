import { homedir } from 'node:os';
import { settingNames } from '../../failures/setting-names.ts';
import { type Environment, profileNames } from './shared-config.ts';

/** Fields of an error of the SDK, see `awsFailure`. */
interface SdkError {
  readonly name: string;
  readonly message: string;
}

const noRegion = `no AWS region is set: set AWS_REGION or give ${settingNames.region}`;
const noCredentials =
  'no AWS credentials found: sign in with the AWS CLI ("aws login" or "aws sso login"), or set AWS_PROFILE, or ' +
  'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

/**
 * What is wrong with the user's AWS settings, in place of the SDK's text for an error before a request; undefined for any
 * other error.
 */
export function settingsProblem(
  { name, message }: SdkError,
  environment: Environment = { HOME: homedir(), ...process.env },
): string | undefined {
  const [, region] = /^Region not accepted: region="(.*)"/.exec(message) ?? [];
  if (region !== undefined) return `${region} is not an AWS region: set AWS_REGION to one such as eu-west-1`;
  const isRegion = message === 'Region is missing';
  if (!isRegion && name !== 'CredentialsProviderError') return undefined;
  return missingProfile(environment) ?? (isRegion ? noRegion : credentialsProblem(message, environment));
}

/** A provider that was configured says itself what failed; the SDK's advice to sign in again does not name the profile. */
function credentialsProblem(message: string, { AWS_PROFILE }: Environment): string {
  const profile = AWS_PROFILE || 'default';
  const [, login] = /\b(aws (?:sso )?login)\b/.exec(message) ?? [];
  if (login !== undefined) {
    return `the AWS profile ${profile} is not signed in, or no longer: run "${login} --profile ${profile}"`;
  }
  if (!/^Could not load credentials from any providers/.test(message)) return message.replaceAll(/\s*\n\s*/g, ' ');
  return AWS_PROFILE
    ? `the AWS profile ${profile} has no credentials: run "aws configure --profile ${profile}", or choose another profile`
    : noCredentials;
}

/** The SDK does not say that a mistyped profile is the reason for missing settings. */
function missingProfile(environment: Environment): string | undefined {
  const { AWS_PROFILE: profile, AWS_ACCESS_KEY_ID: key } = environment;
  const known = profileNames(environment);
  if (!profile || key || known.includes(profile)) return undefined;
  const names = known.length === 0 ? 'these files have no profile' : `the profiles are ${known.join(', ')}`;
  return `AWS_PROFILE is ${profile}, which is not in ~/.aws/config or ~/.aws/credentials: ${names}`;
}

const newCredentials = 'sign in again, for example with "aws login" or "aws sso login", or set new credentials';
const otherCredentials = 'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the AWS profile';
const otherRegion = `give the region of the bucket or queue with ${settingNames.region}`;

const remedies: Readonly<Record<string, string>> = {
  ...forAll(['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'], newCredentials),
  ...forAll(['InvalidAccessKeyId', 'InvalidClientTokenId', 'SignatureDoesNotMatch', 'InvalidToken'], otherCredentials),
  ...forAll(['InvalidSignatureException', 'UnrecognizedClientException', 'AuthFailure'], otherCredentials),
  ...forAll(['AuthorizationHeaderMalformed', 'PermanentRedirect', 'IllegalLocationConstraintException'], otherRegion),
  RequestTimeTooSkewed: 'set the clock of this machine',
};

/** What the user can do about an error that concerns the caller, not an object; undefined if its text is enough. */
export function callerRemedy(code: string, message: string, action: string | undefined): string | undefined {
  const isDenied = /^AccessDenied(Exception)?$/.test(code);
  // AWS names the action itself, unless the answer comes from an older or another service.
  if (isDenied) return action === undefined || /perform: /.test(message) ? undefined : `allow ${action}`;
  if (code === 'InvalidSignatureException' && /valid region/.test(message)) return otherRegion;
  return remedies[code];
}

function forAll(codes: readonly string[], remedy: string): Record<string, string> {
  return Object.fromEntries(codes.map((code) => [code, remedy]));
}
