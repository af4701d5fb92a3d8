import { Stack } from 'aws-cdk-lib';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { InceptionBatch } from '../../../infra/inception-batch.ts';
import { newApp } from '../new-app.ts';
import { unpackedContext } from '../run-app.ts';
import { model, resourcesIn } from '../synthesize.ts';
import { deployStage } from './deployed-stage.ts';
import { runOperate } from './run-operate.ts';

// The stack of another app: two pipelines, and resources of its own.
const app = newApp({ context: unpackedContext, builtinCloudFormationValidation: false });
const shop = new Stack(app, 'Shop');
new InceptionBatch(shop, 'Photos', { stage: 'photos', model });
new InceptionBatch(shop, 'Scans', { stage: 'scans', classifier: 'lambda', model });
new CfnEventSourceMapping(shop, 'OrdersFunction', { functionName: 'orders' });
new CfnParameter(shop, 'Parameter', { type: 'String', value: 'x', tags: { team: 'shop' } });
const made = resourcesIn(shop);

const policySchema = z.object({
  Statement: z.array(z.object({ Resource: z.union([z.string(), z.array(z.string())]) })),
});

/** What a stack policy protects: the beginnings of logical ids. */
function deniedBy(policy = '{"Statement":[]}'): string[] {
  const [, deny] = policySchema.parse(JSON.parse(policy)).Statement;
  const ids = [deny?.Resource ?? []].flat().map((id) => id.replace('LogicalResourceId/', ''));
  return ids.map((id) => id.replace(/(Function|Target).*/, '')).toSorted();
}

it('stops one of two stages in a stack, and resumes it without the other', async () => {
  const stage = await deployStage(made, 'Shop');
  const on = () => [...stage.eventSources].filter(([, isOn]) => isOn).map(([name]) => name);
  const { stdout } = await runOperate(stage.url, ['stop', '--stage', 'scans', '--stack', 'Shop', '--workers']);
  expect(stdout).toBe(
    [
      'Shop is stopped',
      '  deployments that would resume it  allowed -> refused',
      '  event source of Ingest            on -> off',
      '  event source of Classify          on -> off',
      '  event source of Jobs              on -> off',
      '',
    ].join('\n'),
  );
  expect(on()).toEqual(['PhotosIngest', 'PhotosJobs', 'Orders']);
  expect(stage).toMatchObject({ scaling: 'active', desiredWorkers: 2 });
  expect(deniedBy(stage.stackPolicy)).toEqual(['ScansClassify', 'ScansIngest', 'ScansJobs']);

  await runOperate(stage.url, ['stop', '--stage', 'photos', '--stack', 'Shop']);
  expect(on()).toEqual(['Orders']);
  expect(stage.scaling).toBe('suspended');
  expect(deniedBy(stage.stackPolicy)).toHaveLength(6);

  await runOperate(stage.url, ['resume', '--stage', 'scans', '--stack', 'Shop']);
  expect(on()).toEqual(['ScansIngest', 'ScansClassify', 'ScansJobs', 'Orders']);
  expect(stage.scaling).toBe('suspended');
  expect(deniedBy(stage.stackPolicy)).toEqual(['PhotosIngest', 'PhotosJobs', 'PhotosScaling']);
  expect(stage.unexpected).toEqual([]);
});

it('recognizes its policy as CloudFormation may format it', async () => {
  const stage = await deployStage(made, 'Shop');
  await runOperate(stage.url, ['stop', '--stage', 'photos', '--stack', 'Shop']);
  stage.stackPolicy = JSON.stringify(JSON.parse(stage.stackPolicy ?? ''), null, 2);
  const { stdout } = await runOperate(stage.url, ['resume', '--stage', 'photos', '--stack', 'Shop']);
  expect(stdout).toContain('deployments that would resume it  refused -> allowed');
  expect(deniedBy(stage.stackPolicy)).toEqual([]);
});

it('changes nothing in a stack without the stage', async () => {
  const stage = await deployStage(made, 'Shop');
  const { stderr, code } = await runOperate(stage.url, ['stop', '--stage', 'dev', '--stack', 'Shop']);
  expect(stderr).toBe(
    'inception-batch: the stack Shop has no event sources or workers of the stage dev: check --stage and --stack\n',
  );
  expect(code).toBe(1);
  expect(stage.writes).toEqual([]);
});
