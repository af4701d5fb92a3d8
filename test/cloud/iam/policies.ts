import { z } from 'zod';
import { reasonAgainst } from '../not-stood-up.ts';
import { resourcesOf, type Template } from '../template/read-template.ts';
import type { Resolve } from '../template/resolve-intrinsics.ts';

const textOrTexts = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
/** Strict, so that `NotAction`, `NotResource` and `NotPrincipal` are errors instead of wider permissions. */
const statementSchema = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.unknown().optional(),
  Action: textOrTexts,
  Resource: textOrTexts.optional(),
  Condition: z.unknown().optional(),
});
const documentSchema = z.strictObject({
  Version: z.literal('2012-10-17').default('2012-10-17'),
  Id: z.string().optional(),
  Statement: z.union([z.array(statementSchema), statementSchema.transform((one) => [one])]),
});
export type Statement = z.output<typeof statementSchema>;

/** One action on one resource (or pattern) that a role may do. */
export interface Grant {
  /** For people, and unique: the role, the action and the resource. */
  readonly name: string;
  /** Logical id of the role. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly condition: unknown;
}

export interface Policies {
  readonly grants: readonly Grant[];
  /** Statements of roles that deny, by the logical id of the role. */
  readonly denials: ReadonlyMap<string, readonly Statement[]>;
  /** Statements of the policies of buckets, queues and functions, by ARN. */
  readonly ofResources: ReadonlyMap<string, readonly Statement[]>;
}

/** Reads all policies of a template. Statements of roles are taken apart, so that each grant can be counted and removed. */
export function policiesOf(template: Template, resolve: Resolve): Policies {
  const statements = [...inlinePolicies(template, resolve), ...attachedPolicies(template, resolve)];
  const grants = statements.flatMap(({ role, statement }) =>
    statement.Effect === 'Deny' ? [] : grantsOf(role, statement),
  );
  const denials = Map.groupBy(
    statements.filter(({ statement }) => statement.Effect === 'Deny'),
    ({ role }) => role,
  );
  return {
    // The same grant twice is one grant.
    grants: [...new Map(grants.map((grant) => [grant.name, grant])).values()],
    denials: new Map([...denials].map(([role, entries]) => [role, entries.map(({ statement }) => statement)])),
    ofResources: resourcePolicies(template, resolve),
  };
}

interface Attached {
  readonly role: string;
  readonly statement: Statement;
}

function grantsOf(role: string, { Action, Resource = [], Condition }: Statement): Grant[] {
  return Action.flatMap((action) =>
    Resource.map((resource) => ({
      name: `${role}: ${action} on ${resource}${Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`}`,
      role,
      action,
      resource,
      condition: Condition,
    })),
  );
}

function inlinePolicies(template: Template, resolve: Resolve): Attached[] {
  return resourcesOf(template, 'AWS::IAM::Role').flatMap(({ id, Properties }) => {
    const { Policies: policies = [] } = z
      .object({ Policies: z.array(z.object({ PolicyDocument: documentSchema })).optional() })
      .parse(resolve(Properties));
    return policies.flatMap(({ PolicyDocument }) =>
      PolicyDocument.Statement.map((statement) => ({ role: id, statement })),
    );
  });
}

function attachedPolicies(template: Template, resolve: Resolve): Attached[] {
  const attached = z.object({ Roles: z.array(z.string()).default([]), PolicyDocument: documentSchema });
  return ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    resourcesOf(template, type).flatMap(({ Properties }) => {
      const { Roles, PolicyDocument } = attached.parse(resolve(Properties));
      return Roles.flatMap((role) => PolicyDocument.Statement.map((statement) => ({ role, statement })));
    }),
  );
}

/**
 * A role that stands up, with its trust policy; strict, so that managed policies and a permissions boundary are errors instead
 * of rights that are not evaluated.
 */
const roleSchema = z.strictObject({
  AssumeRolePolicyDocument: documentSchema,
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: documentSchema })).optional(),
  Description: z.string().optional(),
  RoleName: z.string().optional(),
  Tags: z.unknown().optional(),
});

function resourcePolicies(template: Template, resolve: Resolve): Map<string, Statement[]> {
  const policies = new Map<string, Statement[]>();
  const add = (arn: string, statements: readonly Statement[]) => {
    policies.set(arn, [...(policies.get(arn) ?? []), ...statements]);
  };
  for (const { Properties } of resourcesOf(template, 'AWS::S3::BucketPolicy')) {
    const { Bucket, PolicyDocument } = z
      .object({ Bucket: z.string(), PolicyDocument: documentSchema })
      .parse(resolve(Properties));
    add(`arn:aws:s3:::${Bucket}`, PolicyDocument.Statement);
  }
  for (const { id, Properties } of resourcesOf(template, 'AWS::KMS::Key')) {
    const { KeyPolicy } = z.looseObject({ KeyPolicy: documentSchema }).parse(resolve(Properties));
    add(String(resolve({ 'Fn::GetAtt': [id, 'Arn'] })), KeyPolicy.Statement);
  }
  for (const { Properties } of resourcesOf(template, 'AWS::SQS::QueuePolicy')) {
    const { Queues, PolicyDocument } = z
      .object({ Queues: z.array(z.string()), PolicyDocument: documentSchema })
      .parse(resolve(Properties));
    // A queue is named by its URL, which ends with its name; its policy names its ARN.
    for (const url of Queues) {
      const queueArn = PolicyDocument.Statement.flatMap(({ Resource = [] }) => Resource).find((arn) =>
        arn.endsWith(`:${url.split('/').at(-1)}`),
      );
      if (queueArn !== undefined) add(queueArn, PolicyDocument.Statement);
    }
  }
  for (const { id, Properties } of resourcesOf(template, 'AWS::IAM::Role')) {
    if (reasonAgainst(id) !== undefined) continue;
    const { AssumeRolePolicyDocument } = roleSchema.parse(resolve(Properties));
    add(String(resolve({ 'Fn::GetAtt': [id, 'Arn'] })), AssumeRolePolicyDocument.Statement);
  }
  for (const { Properties } of resourcesOf(template, 'AWS::Lambda::Permission')) {
    const { Action, FunctionName, Principal, SourceArn, SourceAccount } = z
      .object({
        Action: z.string(),
        FunctionName: z.string(),
        Principal: z.string(),
        SourceArn: z.string().optional(),
        SourceAccount: z.string().optional(),
      })
      .parse(resolve(Properties));
    add(FunctionName, [
      {
        Effect: 'Allow',
        Principal: { Service: Principal },
        Action: [Action],
        Resource: [FunctionName],
        Condition: {
          ...(SourceArn === undefined ? {} : { ArnLike: { 'aws:SourceArn': SourceArn } }),
          ...(SourceAccount === undefined ? {} : { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
        },
      },
    ]);
  }
  return policies;
}
