import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/**
 * Has findings of the security rules pass for a construct and all below it.
 * @param reasons why each is right here, by the finding's id as `cdk synth` prints it
 */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(reasons)) Validations.of(construct).acknowledge({ id, reason });
}
