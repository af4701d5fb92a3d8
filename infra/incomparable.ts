import { z } from 'zod';
import { UserError } from '../shared/failures/user-error.ts';

export const chooseProfile = 'set AWS_PROFILE, which replaces the option --profile of cdk';

const errorSchema = z.looseObject({
  name: z.string(),
  message: z.string(),
  /** Such as ECONNREFUSED. */
  code: z.string().optional(),
  $metadata: z.looseObject({ httpStatusCode: z.number().optional() }).optional(),
});

/** @returns one line for a comparison that is not possible */
export function incomparable(stackName: string, cause: string, remedy: string): UserError {
  return new UserError(
    `the deployed settings of ${stackName} cannot be compared (${cause}): ${remedy}, or give -c allow=unchecked to deploy without comparing them`,
  );
}

/** The same for an error of a client of AWS. */
export function incomparableError(stackName: string, error: unknown): UserError {
  const { name, message, code, $metadata } = errorSchema.parse(error);
  const line = message.replaceAll(/\s*\n\s*/g, ' ').trim();
  if (name === 'CredentialsProviderError') return incomparable(stackName, 'no credentials', chooseProfile);
  if (/ExpiredToken|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature/.test(name)) {
    return incomparable(stackName, `${name}: ${line}`, 'log in again, or set AWS_PROFILE');
  }
  if (/^AccessDenied/.test(name)) {
    const actions = 'cloudformation:DescribeStacks and cloudformation:GetTemplateSummary';
    return incomparable(stackName, `${name}: ${line}`, `allow ${actions}`);
  }
  if (name === 'AbortError') return incomparable(stackName, 'no reply in time', 'try again');
  // A proxy has replied: the client does not understand it, and repeats its words.
  const status = $metadata?.httpStatusCode;
  const readable = !/^(Unknown|SyntaxError)/.test(name) && line !== '' && !line.startsWith('<');
  const cause = readable ? `${name}: ${line}` : (code ?? (status === undefined ? name : `HTTP status ${status}`));
  return incomparable(stackName, cause, 'try again');
}
