import { Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

export interface Grant {
  readonly actions: readonly string[];
  /** ARNs. Only the last segment may be or end with `*`, for keys under a prefix and the like. */
  readonly resources: readonly string[];
  /** Required if an ARN contains `*`: why single resources are not enough. */
  readonly reason?: string;
  /** By operator, then by key. */
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const anyKeyReason = 'Users choose the keys of their images; access is limited to one prefix.';

export const anyModelReason = 'While a model is replaced or rolled back, programs with the old and the new one start.';

/** Grants actions to a role, and acknowledges the findings about `*` with the given reason. */
export function grant(role: IRole, { actions, resources, reason, conditions = {} }: Grant): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({ actions: [...actions], resources: [...resources], conditions: { ...conditions } }),
  );
  for (const resource of resources) {
    const name = findingName(role, resource);
    if (!name.includes('*')) continue;
    if (reason === undefined) throw new Error(`give a reason for ${name}`);
    const id = `AwsSolutions-IAM5[Resource::${name}]`;
    // The CDK writes the id with hyphens for spaces, so that cdk-nag does not recognize it. With the name of the plugin, the
    // CDK leaves the finding out itself.
    acknowledge(role, { [name.includes(' ') ? `AwsSolutions::${id}` : id]: reason });
  }
}

/** An ARN as cdk-nag spells it in a finding: references are logical ids in angle brackets. */
export function findingName(scope: IConstruct, arn: string): string {
  return nameOf(Stack.of(scope).resolve(arn));
}

function nameOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Ref' in value) return `<${value.Ref}>`;
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])) return `<${value['Fn::GetAtt'].join('.')}>`;
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts] = value['Fn::Join'];
    if (Array.isArray(parts)) return parts.map(nameOf).join(String(separator));
  }
  throw new Error(`expected an ARN of strings and references but received ${JSON.stringify(value)}`);
}
