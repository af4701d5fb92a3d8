import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { STSClient } from '@aws-sdk/client-sts';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { checkDeployed } from '../../infra/check-deployed.ts';
import type { Allowance } from '../../infra/command-options.ts';
import type { DeployedSettings } from '../../infra/deployed-settings.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { newApp } from './new-app.ts';
import { runApp, type StageSettings, unpackedContext } from './run-app.ts';
import { makeStack, model } from './synthesize.ts';

const account = '123456789012';
const dropKey = `arn:aws:kms:eu-west-1:${account}:key/01234567-89ab-cdef-0123-456789abcdef`;
const gone = 'Stack with id inception-batch-dev does not exist';
const deployed: DeployedSettings = {
  model: 'fashion-mnist@0123456789ab',
  classifier: 'gpu',
  dropBucket: 'my-photos',
  dropPrefix: 'in/',
  dropKey,
  customerKey: true,
  production: true,
};
const kept = { customerKey: true, production: true } as const;
const same: StageSettings = { model, dropBucket: 'my-photos', dropPrefix: 'in/', dropKey, ...kept };

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** What the stand-in for CloudFormation answers; it answers nothing but about this stack. Undefined: it does not answer. */
let answer: Answer | undefined;
let stackStatus = 'UPDATE_COMPLETE';
/** The account of the credentials. */
let caller = account;
const unexpected: string[] = [];
const server = createServer(async (request, response) => {
  const body = await text(request);
  const { Action, StackName } = Object.fromEntries(new URLSearchParams(body));
  if (Action === 'GetCallerIdentity') {
    const result = `<GetCallerIdentityResult><Account>${caller}</Account></GetCallerIdentityResult>`;
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(`<GetCallerIdentityResponse>${result}</GetCallerIdentityResponse>`);
    return;
  }
  if (answer === undefined) return;
  if (Action === 'DescribeStacks' && answer.body.includes('<Metadata>')) {
    const stacks = `<Stacks><member><StackStatus>${stackStatus}</StackStatus></member></Stacks>`;
    const result = `<DescribeStacksResult>${stacks}</DescribeStacksResult>`;
    response.writeHead(200, { 'content-type': 'text/xml' });
    response.end(`<DescribeStacksResponse>${result}</DescribeStacksResponse>`);
    return;
  }
  if (!/^(GetTemplateSummary|DescribeStacks)$/.test(`${Action}`) || StackName !== 'inception-batch-dev')
    unexpected.push(body);
  response.writeHead(answer.status, { 'content-type': 'text/xml' }).end(answer.body);
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function withSettings(settings: Partial<DeployedSettings> | undefined) {
  return withMetadata(JSON.stringify(settings ? { 'inception-batch:dev': settings } : {}));
}

function withMetadata(text: string): Answer {
  const metadata = text.replaceAll('"', '&quot;');
  const result = `<GetTemplateSummaryResult><Metadata>${metadata}</Metadata></GetTemplateSummaryResult>`;
  return { status: 200, body: `<GetTemplateSummaryResponse>${result}</GetTemplateSummaryResponse>` };
}

function refusal(status: number, code: string, message: string) {
  const error = `<Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>`;
  return { status, body: `<ErrorResponse>${error}</ErrorResponse>` };
}

const config = {
  region: 'eu-west-1',
  endpoint: `http://127.0.0.1:${port}`,
  credentials: { accessKeyId: 'key', secretAccessKey: 'secret' },
  maxAttempts: 1,
};
const clients = { cloudFormation: new CloudFormationClient(config), sts: new STSClient(config), timeoutMs: 10_000 };

const synthesized = new Map<string, DeployedSettings>();

/** What a deployment of a stage would record. */
function deploymentOf(next: StageSettings) {
  const key = JSON.stringify(next);
  const settings = synthesized.get(key) ?? makeStack(newApp({ context: unpackedContext }), next).deployedSettings;
  synthesized.set(key, settings);
  return { stage: 'dev', stackName: 'inception-batch-dev', account, settings };
}

/** Compares the settings of a stage with the deployed ones. */
async function check(next: StageSettings, ...allow: Allowance[]): Promise<void> {
  unexpected.length = 0;
  return checkDeployed(clients, deploymentOf(next), allow).finally(() => expect(unexpected).toEqual([]));
}

const removals: readonly [name: string, next: StageSettings, allow: Allowance, text: string][] = [
  ['no model', { ...same, model: undefined }, 'model', 'the model fashion-mnist@0123456789ab, now none'],
  ['a function instead of workers', { ...same, classifier: 'lambda' }, 'workers', 'GPU workers, now a function'],
  ['no existing bucket', { model, ...kept }, 'dropBucket', 'the drop bucket my-photos, now a drop bucket of its own'],
  ['another bucket', { ...same, dropBucket: 'others' }, 'dropBucket', 'my-photos, now the drop bucket others'],
  ['another prefix', { ...same, dropPrefix: 'out/' }, 'dropBucket', 'the dropPrefix in/, now out/'],
  ['no key of the bucket', { ...same, dropKey: undefined }, 'dropKey', `the dropKey ${dropKey}, now none`],
  ['another key', { ...same, dropKey: `${dropKey}0` }, 'dropKey', `the dropKey ${dropKey}, now ${dropKey}0`],
  ['keys of AWS', { ...same, customerKey: undefined }, 'customerKey', 'customerKey true, now false'],
  ['no production', { ...same, production: undefined }, 'production', 'production true, now false'],
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
    await expect(check(next, 'workers')).rejects.toThrow(
      'give -c allow=workers,model,dropBucket,customerKey,production to',
    );
    await expect(check(next, 'model', 'workers', 'dropBucket', 'customerKey', 'production')).resolves.toBeUndefined();
  });

  it.each<[string, StageSettings]>([
    ['nothing', same],
    ['a limit', { ...same, maxWorkers: 9 }],
    ['the prefix to a shorter one', { ...same, dropPrefix: undefined }],
  ])('that changes %s is accepted', async (_, next) => {
    answer = withSettings(deployed);
    await expect(check(next)).resolves.toBeUndefined();
  });

  it('is accepted if the stage is not deployed', async () => {
    answer = refusal(400, 'ValidationError', gone);
    await expect(check({})).resolves.toBeUndefined();
  });

  it.each(['ROLLBACK_COMPLETE', 'REVIEW_IN_PROGRESS'])('is accepted if no deployment succeeded: %s', async (status) => {
    answer = withSettings(deployed);
    stackStatus = status;
    await expect(check({})).resolves.toBeUndefined();
    stackStatus = 'UPDATE_COMPLETE';
  });

  const { production: _, ...older } = deployed;
  it.each([
    ['no settings', '{}'],
    ['fewer settings', JSON.stringify({ 'inception-batch:dev': older })],
    ['other settings', JSON.stringify({ 'inception-batch:dev': { ...deployed, classifier: 'tpu' } })],
    ['a list', '[]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['no JSON', 'settings'],
  ])('is refused if another version deployed the stage, with %s as metadata', async (_name, text) => {
    answer = withMetadata(text);
    await expect(check(same)).rejects.toThrow(
      'the deployed settings of inception-batch-dev cannot be compared (another version deployed it): check model, ' +
        'classifier, dropBucket, dropPrefix, dropKey, customerKey, production in infra/stages/dev.json, or give ' +
        '-c allow=unchecked to deploy without comparing them',
    );
    await expect(check(same, 'unchecked')).resolves.toBeUndefined();
  });

  it('is refused if the deployed settings may not be read, unless that is allowed', async () => {
    answer = refusal(403, 'AccessDenied', 'someone is not authorized to perform: cloudformation:GetTemplateSummary');
    await expect(check(same)).rejects.toThrow(
      'the deployed settings of inception-batch-dev cannot be compared (AccessDenied: someone is not authorized to ' +
        'perform: cloudformation:GetTemplateSummary): allow cloudformation:DescribeStacks and ' +
        'cloudformation:GetTemplateSummary, or give ' +
        '-c allow=unchecked to deploy without comparing them',
    );
    await expect(check(same, 'unchecked')).resolves.toBeUndefined();
  });
});

describe('a reply that says nothing about the stage', () => {
  it.each<[string, Answer, string]>([
    ['a blank page', { status: 200, body: '' }, '(the reply of CloudFormation is unreadable): try again'],
    ['a page', { status: 200, body: '<html><body>Log in</body></html>' }, 'unreadable): try again'],
    ['a page of a proxy', { status: 503, body: '<html><body>down</body></html>' }, '(HTTP status 503): try again'],
    ['a limit', refusal(400, 'Throttling', 'Rate\nexceeded'), '(Throttling: Rate exceeded): try again'],
    [
      'an old token',
      refusal(403, 'ExpiredToken', 'expired'),
      '(ExpiredToken: expired): log in again, or set AWS_PROFILE',
    ],
  ])('is not taken for a missing stack: %s', async (_, reply, expected) => {
    answer = reply;
    const refused = expect(check(same)).rejects;
    await refused.toThrow(/^the deployed settings of inception-batch-dev cannot be compared \([^\n]+$/);
    await refused.toThrow(`${expected}, or give -c allow=unchecked`);
  });

  it('is awaited for a limited time', async () => {
    answer = undefined;
    await expect(checkDeployed({ ...clients, timeoutMs: 200 }, deploymentOf(same), [])).rejects.toThrow(
      '(no reply in time): try again, or give -c allow=unchecked',
    );
  });

  it('is a refused connection', async () => {
    const cloudFormation = new CloudFormationClient({ ...config, endpoint: 'http://127.0.0.1:1' });
    await expect(checkDeployed({ ...clients, cloudFormation }, deploymentOf(same), [])).rejects.toThrow(
      /\([^)]*ECONNREFUSED[^)]*\): try again, or give/,
    );
  });
});

describe('the app', () => {
  const url = `http://127.0.0.1:${port}`;
  const chosen = {
    CDK_DEFAULT_ACCOUNT: account,
    CDK_DEFAULT_REGION: 'eu-west-1',
    AWS_ENDPOINT_URL_CLOUDFORMATION: url,
    AWS_ENDPOINT_URL_STS: url,
  };
  const credentials = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
  const out = () => join(temporaryFolder(), 'out');

  afterEach(() => {
    caller = account;
  });

  it('ends in one line if a deployed setting is forgotten', async () => {
    answer = withSettings(deployed);
    const environment = { ...chosen, ...credentials };
    const { code, stderr } = await runApp(out(), { dropBucket: 'my-photos' }, { environment });
    expect(stderr).toMatch(/^inception-batch: inception-batch-dev is deployed with the model [^\n]+\n$/);
    expect(code).toBe(1);
  });

  it.each([
    ['another account', credentials, 'the environment has credentials of the account 999999999999, and cdk deploys to'],
    ['no account', {}, '(no credentials): set AWS_PROFILE, which replaces the option --profile of cdk, or give'],
  ])('ends in one line with credentials of %s, as with cdk --profile', async (_, environment, text) => {
    answer = refusal(400, 'ValidationError', gone);
    caller = '999999999999';
    const refused = await runApp(out(), {}, { environment: { ...chosen, ...environment } });
    expect(refused.stderr).toMatch(/^inception-batch: the deployed settings of [^\n]+\n$/);
    expect(refused.stderr).toContain(text);
    expect(refused.code).toBe(1);
    const unchecked = await runApp(
      out(),
      {},
      { context: { allow: 'unchecked' }, environment: { ...chosen, ...environment } },
    );
    expect(unchecked.code).toBe(0);
  });

  it('synthesizes offline, where cdk has no account', async () => {
    const { code } = await runApp(out(), {}, { environment: { CDK_DEFAULT_REGION: 'eu-west-1' } });
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
    const hyphen = await runApp(out, {}, { context: { 'drop-bucket': 'x' } });
    expect(hyphen.stderr).toMatch(/^inception-batch: -c drop-bucket=… is not an option: [^\n]+\n$/);
    const wrong = await runApp(out, {}, { context: { allow: 'everything' } });
    expect(wrong.stderr).toBe(
      'inception-batch: wrong option -c: allow: "everything" is invalid: ' +
        'give a list of model, workers, dropBucket, dropKey, customerKey, production, unchecked, separated by commas\n',
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
