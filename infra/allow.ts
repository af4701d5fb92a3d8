import { Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

export interface Allowance {
  readonly actions: readonly string[];
  /** ARNs; `*` only as the last part of one, for keys under a prefix and the like. */
  readonly resources: readonly string[];
  /** Why not single resources, where an ARN ends with `*`. */
  readonly because?: string;
}

/** What most `*` are for. */
export const anyKey = 'Which keys there are is for those to say who drop images; no other prefix may be touched.';

/** Why a model's prefix alone is not enough. */
export const anyModel = 'While one model takes the place of another, or is rolled back, programs of both are started.';

/** Allows a role something, with the reason for every `*` beside it. */
export function allow(role: IRole, { actions, resources, because }: Allowance): void {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: [...actions], resources: [...resources] }));
  for (const resource of resources) {
    const name = findingName(role, resource);
    if (!name.includes('*')) continue;
    if (because === undefined) throw new Error(`there is no reason for ${name}`);
    acknowledge(role, { [`AwsSolutions-IAM5[Resource::${name}]`]: because });
  }
}

/** An ARN as the security rules spell it: references by their names in angle brackets. */
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
  throw new Error(`expected an ARN of texts and references, got ${JSON.stringify(value)}`);
}
