import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { parseSettings } from '../../infra/settings.ts';
import { InceptionBatchStack } from '../../infra/stack.ts';
import { repository } from '../support/cli.ts';

const cdkSchema = z.object({ context: z.record(z.string(), z.unknown()) });

export interface Synthesised {
  readonly template: Template;
  /** Folder with the assets. */
  readonly folder: string;
}

/**
 * The pipeline's template with the feature flags of `cdk.json`.
 * @param settings as after `-c`
 * @param bundle whether functions are packed too, which takes seconds
 */
export function synthesise(settings: Record<string, string> = {}, { bundle = false } = {}): Synthesised {
  const { context } = cdkSchema.parse(JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')));
  const bundling = bundle ? {} : { 'aws:cdk:bundling-stacks': [] };
  const app = new App({ context: { ...context, ...settings, ...bundling } });
  const stack = new InceptionBatchStack(app, 'pipeline', { settings: parseSettings(app.node.getAllContext()) });
  const { directory } = app.synth();
  return { template: Template.fromStack(stack), folder: directory };
}

const resourceSchema = z.record(
  z.string(),
  z.looseObject({
    Type: z.string(),
    Properties: z.record(z.string(), z.unknown()).default({}),
    DeletionPolicy: z.string().optional(),
    DependsOn: z.array(z.string()).optional(),
  }),
);

/** Resources of a type, by their logical ids. */
export function resources({ template }: Synthesised, type: string) {
  return Object.entries(resourceSchema.parse(template.toJSON()['Resources']))
    .filter(([, { Type }]) => Type === type)
    .map(([id, resource]) => ({ id, ...resource }));
}
