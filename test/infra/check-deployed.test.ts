import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { App } from 'aws-cdk-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { checkDeployed } from '../../infra/check-deployed.ts';
import type { Allowance } from '../../infra/command-options.ts';
import type { DeployedSettings } from '../../infra/deployed-settings.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { runApp, type StageSettings, unpackedContext } from './run-app.ts';
import { makeStack, model } from './synthesize.ts';

const gone = 'Stack with id inception-batch-dev does not exist';
const deployed: DeployedSettings = {
  model: 'fashion-mnist@0123456789ab',
  classifier: 'gpu',
  dropBucket: 'my-photos',
  dropPrefix: 'in/',
};
const same: StageSettings = { model, dropBucket: 'my-photos', dropPrefix: 'in/' };

/** What the stand-in for CloudFormation answers; it answers nothing but the summary of this stack. */
let answer: { readonly status: number; readonly body: string };
const unexpected: string[] = [];
const server = createServer(async (request, response) => {
  const body = await text(request);
  const { Action, StackName } = Object.fromEntries(new URLSearchParams(body));
  if (Action !== 'GetTemplateSummary' || StackName !== 'inception-batch-dev') unexpected.push(body);
  response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
afterAll(() => server.close());

function withSettings(settings: DeployedSettings | undefined) {
  const metadata = JSON.stringify(settings ? { 'inception-batch:dev': settings } : {}).replaceAll('"', '&quot;');
  const result = `<GetTemplateSummaryResult><Metadata>${metadata}</Metadata></GetTemplateSummaryResult>`;
  return { status: 200, body: `<GetTemplateSummaryResponse>${result}</GetTemplateSummaryResponse>` };
}

function refusal(status: number, code: string, message: string) {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, body: `<ErrorResponse>${error}</ErrorResponse>` };
}

const client = new CloudFormationClient({
  region: 'eu-west-1',
  endpoint: `http://127.0.0.1:${port}`,
  credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
});

/** Compares the settings of a stage with the deployed ones. */
async function check(next: StageSettings, ...allow: Allowance[]): Promise<string | undefined> {
  unexpected.length = 0;
  const { deployedSettings: settings } = makeStack(new App({ context: unpackedContext }), next);
  const deployment = { stage: 'dev', stackName: 'inception-batch-dev', settings };
  return checkDeployed(client, deployment, allow).finally(() => expect(unexpected).toEqual([]));
}

const removals: readonly [name: string, next: StageSettings, allow: Allowance, text: string][] = [
  ['no model', { ...same, model: undefined }, 'model', 'the model fashion-mnist@0123456789ab, now none'],
  ['a function instead of workers', { ...same, classifier: 'lambda' }, 'workers', 'GPU workers, now a function'],
  ['no existing bucket', { model }, 'dropBucket', 'the drop bucket my-photos, now a drop bucket of its own'],
  ['another bucket', { ...same, dropBucket: 'others' }, 'dropBucket', 'my-photos, now the drop bucket others'],
  ['another prefix', { ...same, dropPrefix: 'out/' }, 'dropBucket', 'the dropPrefix in/, now out/'],
];

describe('a change of a deployed stage', () => {
  it.each(removals)('to %s is refused unless it is allowed', async (_, next, allow, removed) => {
    answer = withSettings(deployed);
    const refused = expect(check(next)).rejects;
    await refused.toThrow(/^inception-batch-dev is deployed with [^\n]+$/);
    await refused.toThrow(removed);
    await refused.toThrow(`correct infra/stages/dev.json, or give -c allow=${allow} to deploy the change`);
    await expect(check(next, allow)).resolves.toBeUndefined();
  });

  it('that removes several things names all that has to be allowed', async () => {
    answer = withSettings(deployed);
    const next = { classifier: 'lambda' } as const;
    await expect(check(next, 'workers')).rejects.toThrow('give -c allow=workers,model,dropBucket to');
    await expect(check(next, 'model', 'workers', 'dropBucket')).resolves.toBeUndefined();
  });

  it.each<[string, StageSettings]>([
    ['nothing', same],
    ['a limit', { ...same, maxWorkers: 9 }],
    ['the prefix to a shorter one', { ...same, dropPrefix: undefined }],
  ])('that changes %s is accepted', async (_, next) => {
    answer = withSettings(deployed);
    await expect(check(next)).resolves.toBeUndefined();
  });

  it('is accepted if the stage is not deployed, or was deployed without metadata', async () => {
    answer = refusal(400, 'ValidationError', gone);
    await expect(check({})).resolves.toBeUndefined();
    answer = withSettings(undefined);
    await expect(check({})).resolves.toBeUndefined();
  });

  it('is refused if the deployed settings may not be read, unless that is allowed', async () => {
    answer = refusal(403, 'AccessDenied', 'someone is not authorized to perform: cloudformation:GetTemplateSummary');
    await expect(check(same)).rejects.toThrow(
      'the deployed settings of inception-batch-dev cannot be read (AccessDenied: someone is not authorized to ' +
        'perform: cloudformation:GetTemplateSummary): allow cloudformation:GetTemplateSummary, or give ' +
        '-c allow=unchecked to deploy without comparing them',
    );
    await expect(check(same, 'unchecked')).resolves.toBeUndefined();
  });
});

describe('the app', () => {
  const account = { CDK_DEFAULT_ACCOUNT: '123456789012', CDK_DEFAULT_REGION: 'eu-west-1' };
  const endpoint = { AWS_ENDPOINT_URL_CLOUDFORMATION: `http://127.0.0.1:${port}` };
  const out = () => join(temporaryFolder(), 'out');

  it('ends in one line if a deployed setting is forgotten', async () => {
    answer = withSettings(deployed);
    const environment = { ...account, ...endpoint, AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
    const { code, stderr } = await runApp(out(), { dropBucket: 'my-photos' }, { environment });
    expect(stderr).toMatch(/^inception-batch: inception-batch-dev is deployed with the model [^\n]+\n$/);
    expect(code).toBe(1);
  });

  it('synthesizes without credentials, and says that it did not compare', async () => {
    answer = refusal(500, 'Unexpected', 'no request is expected');
    const { code, stderr } = await runApp(out(), {}, { environment: { ...account, ...endpoint } });
    expect(stderr).toContain('not compared with the deployed settings: no credentials');
    expect(code).toBe(0);
  });
});

describe('options of the app', () => {
  it('other than the stage and what is allowed are rejected', async () => {
    const out = join(temporaryFolder(), 'out');
    const { code, stderr } = await runApp(out, {}, { context: { maxWorkers: '3' } });
    expect(stderr).toBe(
      'inception-batch: -c maxWorkers=… is not an option: put settings in infra/stages/STAGE.json, give -c stage=STAGE\n',
    );
    expect(code).toBe(1);
    const wrong = await runApp(out, {}, { context: { allow: 'everything' } });
    expect(wrong.stderr).toBe(
      'inception-batch: wrong option -c: allow: "everything" is invalid: ' +
        'give a list of model, dropBucket, workers, unchecked, separated by commas\n',
    );
  });

  it('name a stage that has a file', async () => {
    const { code, stderr } = await runApp(join(temporaryFolder(), 'out'), {}, { context: { stage: 'prod' } });
    expect(stderr).toBe(
      'inception-batch: the stage prod has no settings: write them to infra/stages/prod.json, for example {"model": "FOLDER"}\n',
    );
    expect(code).toBe(1);
  });
});
