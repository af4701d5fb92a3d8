import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ListBucketsCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { awsClients, endpointOf } from '../../../../shared/stores/aws/clients.ts';
import { needsMadeUpCredentials } from '../../../../shared/stores/aws/made-up-credentials.ts';
import { type Environment, readSharedConfig } from '../../../../shared/stores/aws/shared-config.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

describe('the clients of AWS', () => {
  it.each(['http://localhost:4566', 'http://127.0.0.1:4566', 'http://[::1]:4566', 'http://s3.localhost:4566'])(
    'sign with made-up credentials at %s, where they are not checked',
    async (endpoint) => {
      const { s3, sqs } = awsClients({ endpoint }, {});
      expect(await s3.config.credentials()).toMatchObject({ accessKeyId: 'local' });
      expect(await sqs.config.credentials()).toMatchObject({ accessKeyId: 'local' });
    },
  );

  it.each(['https://minio.example.com', 'http://192.168.1.5:9000', 'http://127.example.com'])(
    'ask for real credentials at %s',
    async (endpoint) => {
      const { s3 } = awsClients({ endpoint }, {});
      // Not the made-up credentials, but those of this machine if it has any.
      const credentials = await s3.config.credentials().catch(() => undefined);
      expect(credentials?.accessKeyId).not.toBe('local');
    },
  );

  it('say once that credentials are made up, with the first request', async () => {
    const said: string[] = [];
    const { s3 } = awsClients(
      { endpoint: 'http://127.0.0.1:4566', onMadeUpCredentials: (endpoint) => said.push(endpoint) },
      {},
    );
    expect(said).toEqual([]);
    await s3.config.credentials();
    await s3.config.credentials();
    expect(said).toEqual(['http://127.0.0.1:4566']);
  });

  it.each([
    [
      'a key in the credentials file',
      { credentials: '[default]\naws_access_key_id = mine\naws_secret_access_key = s\n' },
    ],
    ['a key in the configuration file', { config: '[default]\naws_access_key_id=mine\naws_secret_access_key=s\n' }],
    [
      'a program',
      { config: `[default]\ncredential_process = echo '{"Version":1,"AccessKeyId":"mine","SecretAccessKey":"s"}'\n` },
    ],
    [
      'a profile of the environment',
      { config: '[profile other]\naws_access_key_id = mine\naws_secret_access_key = s\n', profile: 'other' },
    ],
  ])('use %s on this machine too', async (_, { config = '', credentials = '', profile }: Files) => {
    const environment = stubFiles({ config, credentials, profile });
    // The SDK itself reads the variables of the process.
    const variables = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined, ...environment };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { s3 } = awsClients({ endpoint: 'http://127.0.0.1:4566' }, environment);
    expect(await s3.config.credentials()).toMatchObject({ accessKeyId: 'mine' });
  });

  it.each([
    'AWS_ACCESS_KEY_ID',
    'AWS_PROFILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ])('leave the credentials to the SDK if the environment has %s, unless it is empty', (name) => {
    expect(areMadeUp({ [name]: 'mine' })).toBe(false);
    expect(areMadeUp({ [name]: '' })).toBe(true);
  });

  it.each([
    'aws_access_key_id',
    'credential_process',
    'credential_source',
    'login_session',
    'role_arn',
    'sso_session',
    'sso_start_url',
    'web_identity_token_file',
  ])('leave the credentials to the SDK if the profile has %s', (name) => {
    expect(areMadeUp(stubFiles({ config: `[default]\n${name} = mine\n` }))).toBe(false);
    expect(areMadeUp(stubFiles({ config: `[profile other]\n${name} = mine\n` }))).toBe(true);
  });

  it('take an empty AWS_PROFILE for the default profile, and an empty region for none', async () => {
    const environment = stubFiles({ config: '[default]\nregion = eu-west-3\n', profile: '' });
    const { s3 } = awsClients({ endpoint: 'http://localhost:4566' }, { ...environment, AWS_REGION: '' });
    expect(await s3.config.region()).toBe('eu-west-3');
  });

  it.each([
    ['the given one', 'eu-west-1', { AWS_REGION: 'eu-north-1' }, 'eu-west-1'],
    ["the environment's", undefined, { AWS_REGION: 'eu-north-1' }, 'eu-north-1'],
    ["the environment's default", undefined, { AWS_DEFAULT_REGION: 'eu-south-1' }, 'eu-south-1'],
    ['us-east-1 by default', undefined, {}, 'us-east-1'],
    ['that of the profile', undefined, stubFiles({ config: '[default]\nregion = eu-west-3\n' }), 'eu-west-3'],
  ])('use as the region of an endpoint %s', async (_name, region, environment, expected) => {
    const { s3, sqs } = awsClients({ endpoint: 'http://localhost:4566', region }, environment);
    expect([await s3.config.region(), await sqs.config.region()]).toEqual([expected, expected]);
  });

  it('name buckets in the path only where the service is not AWS', async () => {
    const paths = ['http://localhost:1', 'https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com', undefined];
    const clients = paths.map((endpoint) => awsClients({ endpoint }, {}).s3);
    expect(clients.map(({ config }) => config.forcePathStyle)).toEqual([true, false, false]);
  });

  it('give up within half a minute on a service that accepts connections and does not answer', async () => {
    // The SDK starts to measure the idle time of a request after three seconds.
    const { s3, sqs } = awsClients({ endpoint: 'http://127.0.0.1:9' }, {});
    // The handler has its settings only after a request.
    await expect(s3.send(new ListBucketsCommand({}))).rejects.toThrow('ECONNREFUSED');
    await expect(sqs.send(new ListQueuesCommand({}))).rejects.toThrow('ECONNREFUSED');
    for (const client of [s3, sqs]) {
      const { requestHandler } = client.config;
      if (!('httpHandlerConfigs' in requestHandler) || typeof requestHandler.httpHandlerConfigs !== 'function') {
        throw new Error('expected a handler with readable settings');
      }
      const { socketTimeout } = z.object({ socketTimeout: z.number() }).parse(requestHandler.httpHandlerConfigs());
      expect((await client.config.maxAttempts()) * (socketTimeout + 3000)).toBeLessThanOrEqual(30_000);
    }
  });
});

describe('the endpoint of a service without an option', () => {
  const services = (s3: string, sqs = '') =>
    `[default]\nservices = local\n[services local]\ns3 =\n  endpoint_url = ${s3}\n  addressing_style = path\nsqs =\n  endpoint_url = ${sqs}\n`;
  it.each([
    ['AWS_ENDPOINT_URL', { AWS_ENDPOINT_URL: 'http://localhost:1' }, 'http://localhost:1', 'http://localhost:1'],
    ['AWS_ENDPOINT_URL_S3', { AWS_ENDPOINT_URL_S3: 'http://localhost:1' }, 'http://localhost:1', undefined],
    ['AWS_ENDPOINT_URL_SQS', { AWS_ENDPOINT_URL_SQS: 'http://localhost:1' }, undefined, 'http://localhost:1'],
    [
      'the variable of the service before the common one',
      { AWS_ENDPOINT_URL: 'http://localhost:1', AWS_ENDPOINT_URL_S3: 'http://localhost:2' },
      'http://localhost:2',
      'http://localhost:1',
    ],
    [
      'endpoint_url of the profile',
      stubFiles({ config: '# mine\n[default]\nendpoint_url = http://localhost:3\n' }),
      'http://localhost:3',
      'http://localhost:3',
    ],
    [
      'endpoint_url of a named profile',
      stubFiles({ config: '[default]\n[profile a]\nendpoint_url=http://localhost:4\n', profile: 'a' }),
      'http://localhost:4',
      'http://localhost:4',
    ],
    [
      'services of the profile',
      stubFiles({ config: services('http://localhost:5', 'http://localhost:6') }),
      'http://localhost:5',
      'http://localhost:6',
    ],
    [
      'none if they are to be ignored',
      { AWS_ENDPOINT_URL: 'http://localhost:1', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      undefined,
      undefined,
    ],
  ])('is that of %s', async (_, environment, s3Endpoint, sqsEndpoint) => {
    const { s3, sqs } = awsClients({ region: 'us-east-1' }, environment);
    expect([await endpointOf(s3), await endpointOf(sqs)]).toEqual([s3Endpoint, sqsEndpoint]);
    expect(s3.config.forcePathStyle).toBe(s3Endpoint !== undefined);
    expect(sqs.config.useQueueUrlAsEndpoint).toBe(sqsEndpoint === undefined);
  });
});

describe('a request to', () => {
  const accessPoint = 'arn:aws:s3:eu-west-1:123456789012:accesspoint/photos';
  const vpce = 'https://accesspoint.vpce-1.s3.eu-west-1.vpce.amazonaws.com';
  it.each([
    ['an access point', accessPoint, undefined, 'https://photos-123456789012.s3-accesspoint.eu-west-1.amazonaws.com/'],
    [
      'an access point in a VPC',
      accessPoint,
      vpce,
      'https://photos-123456789012.accesspoint.vpce-1.s3.eu-west-1.vpce.amazonaws.com/',
    ],
    [
      'an access point with a function',
      'arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/small',
      undefined,
      'https://small-123456789012.s3-object-lambda.eu-west-1.amazonaws.com/',
    ],
    [
      'an alias of an access point',
      'photos-aqfqprnstn7-s3alias',
      undefined,
      'https://photos-aqfqprnstn7-s3alias.s3.us-east-1.amazonaws.com/',
    ],
    ['a bucket with an old name', 'Old_Bucket', undefined, 'https://s3.us-east-1.amazonaws.com/Old_Bucket/'],
    ['a bucket of an emulator', 'Old_Bucket', 'http://localhost:1', 'http://localhost/Old_Bucket/'],
  ])('%s goes to its address', async (_, bucket, endpoint, url) => {
    const { s3 } = awsClients({ endpoint, region: 'us-east-1' }, {});
    s3.config.credentials = async () => ({ accessKeyId: 'a', secretAccessKey: 'b' });
    s3.config.requestHandler = {
      handle: async ({ protocol, hostname, path }) => {
        throw new Error(`to ${protocol}//${hostname}${path}`);
      },
    };
    await expect(s3.send(new ListObjectsV2Command({ Bucket: bucket }))).rejects.toThrow(`to ${url}`);
  });
});

function areMadeUp(environment: Environment): boolean {
  return needsMadeUpCredentials('http://localhost:4566', environment, readSharedConfig(environment));
}

interface Files {
  readonly config?: string;
  readonly credentials?: string;
  readonly profile?: string | undefined;
}

/** Writes the AWS configuration files of a user, and returns the environment that names them. */
function stubFiles({ config = '', credentials = '', profile }: Files): Record<string, string> {
  const folder = temporaryFolder();
  const environment = {
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    ...(profile === undefined ? {} : { AWS_PROFILE: profile }),
  };
  writeFileSync(environment.AWS_CONFIG_FILE, config);
  writeFileSync(environment.AWS_SHARED_CREDENTIALS_FILE, credentials);
  return environment;
}
