import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { httpAnswers } from '../support/http-answers.ts';
import { listen } from '../support/listen.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const model = await makeTinyModel();
const store = ['--store', 's3://results'];
const status = ['status', ...store];

/** No setting of this machine, and no search for credentials on the network. */
const nothing = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_REGION: undefined,
  AWS_DEFAULT_REGION: undefined,
  AWS_PROFILE: undefined,
  AWS_EC2_METADATA_DISABLED: 'true',
};

async function lineOf(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { code, stdout, stderr } = await runCommand(args, env);
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^inception-batch: [^\n]+\n$/);
  return stderr.slice('inception-batch: '.length, -1);
}

describe('without AWS settings, a command says in one line what to set', () => {
  const url = 'https://sqs.eu-west-1.amazonaws.com/123456789012/uploads';
  const commands: [string, string[]][] = [
    ['run', ['run', 's3://drop', '--model', model, '--store', join(folder, 'unused')]],
    ['run with a store in S3', ['run', folder, '--model', model, ...store]],
    ['submit', ['submit', 's3://drop', '--model', model, '--queue', url, ...store]],
    ['plan', ['plan', 's3://drop']],
    ['status', status],
    ['results', ['results', ...store]],
    ['results drift', ['results', 'drift', ...store]],
    ['failures ls', ['failures', 'ls', ...store]],
    ['failures retry', ['failures', 'retry', '--queue', url, ...store]],
    ['compact', ['compact', ...store]],
    ['serve', ['serve', '--port', '0', ...store]],
    ['similar', ['similar', '--duplicates', ...store]],
  ];

  it.each(commands)('%s: the region', async (_, args) => {
    expect(await lineOf(args, nothing)).toMatch(/(^|: )no AWS region is set: set AWS_REGION or give --region$/);
  });

  it.each(commands)('%s: the credentials', async (_, args) => {
    const line = await lineOf([...args, '--region', 'eu-west-1'], nothing);
    expect(line).toMatch(/(^|: )no AWS credentials found: sign in with the AWS CLI .* AWS_SECRET_ACCESS_KEY$/);
  });

  it('reads AWS_DEFAULT_REGION, as the AWS CLI does', async () => {
    expect(await lineOf(status, { ...nothing, AWS_DEFAULT_REGION: 'eu-west-1' })).toContain('no AWS credentials found');
  });
});

/** Files of settings, in a home folder without signed-in sessions. */
function profiles(files: { config?: string; credentials?: string }, profile = 'pord'): NodeJS.ProcessEnv {
  // The SDK keeps the content of a file that it has read.
  const own = mkdtempSync(join(folder, 'aws-'));
  const paths = { AWS_CONFIG_FILE: join(own, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(own, 'credentials') };
  writeFileSync(paths.AWS_CONFIG_FILE, files.config ?? '');
  writeFileSync(paths.AWS_SHARED_CREDENTIALS_FILE, files.credentials ?? '');
  return { ...nothing, ...paths, HOME: folder, AWS_PROFILE: profile };
}

describe('an AWS_PROFILE that gives no credentials', () => {
  const session = 'sso_region = eu-west-1\nsso_start_url = https://a.awsapps.com/start\n';
  const account = 'sso_account_id = 123456789012\nsso_role_name = reader\n';

  it.each([
    ['with a session', `[profile work]\nregion = eu-west-1\nsso_session = s\n${account}[sso-session s]\n${session}`],
    ['without one', `[profile work]\nregion = eu-west-1\n${account}${session}`],
  ])('because its sign-in has expired, %s, is named with the command to sign in', async (_, config) => {
    expect(await lineOf(status, profiles({ config }, 'work'))).toBe(
      'the bucket results cannot be listed: the AWS profile work is not signed in, or no longer: ' +
        'run "aws sso login --profile work"',
    );
  });

  it('because it has none is named', async () => {
    const config = '[profile prod]\nregion = eu-west-1\n';
    expect(await lineOf(status, profiles({ config }, 'prod'))).toMatch(
      /: the AWS profile prod has no credentials: run "aws configure --profile prod", or choose another profile$/,
    );
  });
});

describe('a text that is no region', () => {
  it('is an invalid value of --region', async () => {
    const { code, stderr } = await runCommand([...status, '--region', 'us east']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^inception-batch: --region needs a region such as eu-west-1, but received us east \(/);
  });

  it('is named if it is in the environment', async () => {
    expect(await lineOf(status, { ...nothing, AWS_REGION: 'us east' })).toBe(
      'the bucket results cannot be listed: us east is not an AWS region: set AWS_REGION to one such as eu-west-1',
    );
  });
});

describe('a mistyped AWS_PROFILE', () => {
  it.each([{ AWS_REGION: undefined }, { AWS_REGION: 'eu-west-1' }])(
    'is named with the profiles: %j',
    async (region) => {
      const env = profiles({
        config: '[default]\nregion = eu-west-1\n[profile prod]\nregion = eu-west-1\n[sso-session s]\nx = y\n',
        credentials: '[dev]\naws_access_key_id = mine\n',
      });
      expect(await lineOf(status, { ...env, ...region })).toBe(
        'the bucket results cannot be listed: AWS_PROFILE is pord, which is not in ~/.aws/config or ~/.aws/credentials: ' +
          'the profiles are default, prod, dev',
      );
    },
  );

  it('is named if there are no profiles', async () => {
    expect(await lineOf(status, profiles({}))).toMatch(/AWS_PROFILE is pord, .*: these files have no profile$/);
  });
});

describe('the address of a service', () => {
  it('whose host does not exist is not reported as missing credentials', async () => {
    expect(await lineOf([...status, '--endpoint', 'http://no-host.invalid:4566'], nothing)).toMatch(
      /^the bucket results cannot be listed: http:\/\/no-host\.invalid:4566 cannot be reached \((ENOTFOUND|EAI_AGAIN)\)/,
    );
  });

  it('with https for a server without TLS is answered with http', async () => {
    const endpoint = (await httpAnswers((_request, _body, response) => response.end())).replace('http:', 'https:');
    expect(await lineOf([...status, '--endpoint', endpoint])).toMatch(
      new RegExp(`: ${endpoint} does not speak TLS \\(\\w+\\): give ${endpoint.replace('https:', 'http:')}$`),
    );
  });

  it('with http for a server with TLS is answered with https', async () => {
    const { port } = await tlsServer();
    expect(await lineOf([...status, '--endpoint', `http://127.0.0.1:${port}`])).toBe(
      'the bucket results cannot be listed: ' +
        `http://127.0.0.1:${port} closed the connection: if it expects TLS, give https://127.0.0.1:${port}`,
    );
  });

  it('with a certificate of its own is answered with how to trust it', async () => {
    const { port } = await tlsServer();
    expect(await lineOf([...status, '--endpoint', `https://127.0.0.1:${port}`])).toMatch(
      /has a certificate that is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\): name its authority with NODE_EXTRA_CA_CERTS=/,
    );
  });

  it.each([
    ['a page', 200, 'text/html', '<html>Sign in</html>', /gives an answer without a listing$/],
    [
      'a page as an error',
      400,
      'text/html',
      '<html>Bad</html>',
      /the answer is not one of S3 or SQS: check the address/,
    ],
    ['JSON', 200, 'application/json', '{"a":1}', /the answer is not one of S3 or SQS: check the address/],
  ])('of another server, which answers with %s, is not taken for an empty store', async (_, code, type, body, line) => {
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.writeHead(code, { 'content-type': type }).end(body);
    });
    expect(await lineOf([...status, '--endpoint', endpoint])).toMatch(line);
  });
});

describe('an answer of S3 that the user can change', () => {
  it.each([
    [403, 'AccessDenied', 'AccessDenied: it is; allow s3:ListBucket'],
    [400, 'ExpiredToken', 'ExpiredToken: it is; sign in again, for example with "aws login"'],
    [403, 'InvalidAccessKeyId', 'InvalidAccessKeyId: it is; check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
    [403, 'SignatureDoesNotMatch', 'SignatureDoesNotMatch: it is; check AWS_ACCESS_KEY_ID'],
    [403, 'RequestTimeTooSkewed', 'RequestTimeTooSkewed: it is; set the clock of this machine'],
    [
      400,
      'AuthorizationHeaderMalformed',
      'AuthorizationHeaderMalformed: it is; give the region of the bucket or queue with --region',
    ],
    [404, 'NoSuchBucket', 'the bucket results does not exist'],
  ])('%i %s: the line says how', async (code, name, line) => {
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.writeHead(code, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>${name}</Code><Message>it is</Message></Error>`);
    });
    expect(await lineOf([...status, '--endpoint', endpoint])).toContain(line);
  });

  it('names the action in the words of AWS if AWS names it', async () => {
    const text = 'User: me is not authorized to perform: s3:ListBucket on resource: arn:aws:s3:::results';
    const endpoint = await httpAnswers((_request, _body, response) => {
      response.writeHead(403, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>AccessDenied</Code><Message>${text}</Message></Error>`);
    });
    expect(await lineOf([...status, '--endpoint', endpoint])).toMatch(new RegExp(`AccessDenied: ${text}$`));
  });

  it('names a bucket without images before it opens the model', async () => {
    const { endpoint, makeBucket } = await startAws();
    const empty = `s3://${await makeBucket()}/typo`;
    const run = (images: string) =>
      lineOf([
        'run',
        images,
        '--model',
        join(folder, 'none'),
        '--store',
        join(folder, 'unused'),
        '--endpoint',
        endpoint,
      ]);
    expect(await run('s3://no-such-bucket/x')).toBe('the bucket no-such-bucket does not exist');
    expect(await run(empty)).toBe(`no files to classify in ${empty}`);
  });

  it('names a queue that does not exist', async () => {
    const { endpoint } = await startAws();
    const queue = `${endpoint}/000000000000/no-such-queue`;
    const args = ['run', folder, '--queue', queue, '--model', model, '--store', join(folder, 'unused')];
    expect(await lineOf([...args, '--endpoint', endpoint])).toBe(`the queue ${queue} does not exist`);
  });
});

async function tlsServer(): Promise<{ port: number }> {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes', '-newkey', 'rsa:2048'];
  execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => response.end());
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: await listen(server) };
}
