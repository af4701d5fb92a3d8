import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';
import { z } from 'zod';
import { parseSettings } from '../../infra/settings.ts';
import { InceptionBatchStack } from '../../infra/stack.ts';
import { repository } from '../support/cli.ts';
import { cdkContext, violationsIn } from './run-app.ts';

/** A model directory for `-c model=`. */
export const model = join(repository, 'demo/fashion-mnist/model');

/** Deployments that the tests check one by one, by name. */
export const variants: Record<string, Record<string, string>> = {
  'with GPU workers': { model },
  'with the classify function': { model, classifier: 'lambda' },
  'for production': { model, stage: 'prod', alarmEmail: 'ops@example.org' },
  'without a model': {},
  'over an existing bucket': { model, dropBucket: 'my-photos', dropPrefix: 'in/' },
  'in an existing VPC': {
    model,
    vpc: 'vpc-0123456789abcdef0',
    subnets: 'subnet-0123456789abcdef0,subnet-0fedcba9876543210',
  },
  'with endpoints': { model, egress: 'endpoints' },
  'with a NAT gateway': { model, egress: 'nat' },
};

const resourceSchema = z.record(
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
 * @param settings as after `-c`
 */
export function synthesize(settings: Record<string, string> = {}): Synthesized {
  const key = JSON.stringify(settings);
  const made = synthesized.get(key) ?? resourcesOf(settings);
  synthesized.set(key, made);
  return made;
}

function resourcesOf(settings: Record<string, string>): Synthesized {
  // Loading the rules of CloudFormation takes seconds; `findingsOf` checks them.
  const app = new App({ context: cdkContext(settings), builtinCloudFormationValidation: false });
  const template = Template.fromStack(makeStack(app)).toJSON();
  return Object.entries(resourceSchema.parse(template['Resources'])).map(([id, resource]) => ({ id, ...resource }));
}

/** The rules of cdk-nag and CloudFormation that a pipeline violates. */
export function findingsOf(settings: Record<string, string>): string[] {
  const app = new App({ context: cdkContext(settings) });
  makeStack(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return violationsIn(app.synth().directory);
}

function makeStack(app: App): InceptionBatchStack {
  return new InceptionBatchStack(app, 'pipeline', { settings: parseSettings(app.node.getAllContext()) });
}

/** Resources of a type. */
export function resources(made: Synthesized, type: string): Synthesized {
  return made.filter(({ Type }) => Type === type);
}
