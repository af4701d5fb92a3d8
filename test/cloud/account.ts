import type { Principal } from './iam/authorizer.ts';

/** Of the emulator. */
export const account = '000000000000';
export const region = 'us-east-1';

/** Those of a session of a role. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

/** The principal of a process that has a role. @param role its ARN */
export function assumedRole(role: string, session: string): Principal {
  const id = role.split('/').at(-1) ?? '';
  return { arn: `arn:aws:sts::${account}:assumed-role/${id}/${session}`, role: id };
}
