import { join } from 'node:path';
import { type App, type Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { z } from 'zod';
import { InceptionBatchStack } from '../../infra/stack.ts';
import { parseStage } from '../../infra/stage-file.ts';
import { repository } from '../support/cli.ts';
import { newApp } from './new-app.ts';
import { type StageSettings, unpackedContext, violationsIn } from './run-app.ts';

/** The folder of a model directory. */
export const model = join(repository, 'demo/fashion-mnist/model');

/** Deployments that the tests check one by one, by name. */
export const variants: Record<string, StageSettings> = {
  'with GPU workers': { model },
  'with CPU workers': { model, classifier: 'cpu' },
  'with the classify function': { model, classifier: 'lambda' },
  'for production': { model, stage: 'prod', alarmEmail: 'ops@example.org' },
  'without a model': {},
  'over an existing bucket': { model, dropBucket: 'my-photos', dropPrefix: 'in/' },
  'over an encrypted bucket, with a budget': {
    model,
    dropBucket: 'my-photos',
    dropKey: 'arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef',
    monthlyBudget: 200,
  },
  'with a customer-managed key': { model, customerKey: true, monthlyBudget: 200 },
  'with a customer-managed key and the classify function, for production': {
    model,
    customerKey: true,
    classifier: 'lambda',
    stage: 'prod',
  },
  'in an existing VPC': {
    model,
    vpc: 'vpc-0123456789abcdef0',
    subnets: ['subnet-0123456789abcdef0', 'subnet-0fedcba9876543210'],
  },
  'with endpoints': { model, egress: 'endpoints' },
  'with a NAT gateway': { model, egress: 'nat' },
};

/** By logical id. */
export const resourceSchema = z.record(
  z.string(),
  z.looseObject({
    Type: z.string(),
    Properties: z.record(z.string(), z.unknown()).default({}),
    DeletionPolicy: z.string().optional(),
    DependsOn: z.array(z.string()).optional(),
  }),
);

export type Synthesized = readonly ({ readonly id: string } & z.output<typeof resourceSchema>[string])[];

const synthesized = new Map<string, Synthesized>();

/**
 * The resources of a pipeline, without packing its functions. Each variant is synthesized once per process.
 * @param settings as in the file of a stage
 */
export function synthesize(settings: StageSettings = {}): Synthesized {
  const key = JSON.stringify(settings);
  const made = synthesized.get(key) ?? resourcesOf(settings);
  synthesized.set(key, made);
  return made;
}

function resourcesOf(settings: StageSettings): Synthesized {
  // Loading the rules of CloudFormation takes seconds; `findingsOf` checks them.
  const app = newApp({ context: unpackedContext, builtinCloudFormationValidation: false });
  return resourcesIn(makeStack(app, settings));
}

/** The resources of any stack. */
export function resourcesIn(stack: Stack): Synthesized {
  const template = Template.fromStack(stack).toJSON();
  return Object.entries(resourceSchema.parse(template['Resources'])).map(([id, resource]) => ({ id, ...resource }));
}

/** The rules of cdk-nag and CloudFormation that a pipeline violates. */
export function findingsOf(settings: StageSettings): string[] {
  const app = newApp({ context: unpackedContext });
  makeStack(app, settings);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return violationsIn(app.synth().directory);
}

export function makeStack(app: App, { stage = 'dev', ...settings }: StageSettings): InceptionBatchStack {
  return new InceptionBatchStack(app, 'pipeline', { stage: parseStage(stage, settings) });
}

/** Resources of a type. */
export function resources(made: Synthesized, type: string): Synthesized {
  return made.filter(({ Type }) => Type === type);
}
