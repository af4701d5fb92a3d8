import { UserError } from '../../shared/failures/user-error.ts';

const hints: Readonly<Record<string, string>> = {
  CredentialsProviderError: 'there are no credentials: set AWS_PROFILE, or log in',
  TimeoutError: 'AWS did not answer: check the network and AWS_REGION, and run the command again',
};

/** One line; errors of the clients have no message for missing credentials. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const line = error.message.replaceAll(/\s*\n\s*/g, ' ');
  if (error instanceof UserError) return line;
  if (line === 'Region is missing') return 'set AWS_REGION to the region of the stage';
  return hints[error.name] ?? `${error.name}: ${line}`;
}
