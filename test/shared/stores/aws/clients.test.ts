import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { awsClients } from '../../../../shared/stores/aws/clients.ts';

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

  it('use the credentials of the environment', async () => {
    const { s3 } = awsClients({ endpoint: 'http://localhost:4566' }, { AWS_PROFILE: 'mine' });
    const credentials = await s3.config.credentials().catch(() => undefined);
    expect(credentials?.accessKeyId).not.toBe('local');
  });

  it.each([
    ['the given one', 'eu-west-1', { AWS_REGION: 'eu-north-1' }, 'eu-west-1'],
    ["the environment's", undefined, { AWS_REGION: 'eu-north-1' }, 'eu-north-1'],
    ["the environment's default", undefined, { AWS_DEFAULT_REGION: 'eu-south-1' }, 'eu-south-1'],
    ['us-east-1 by default', undefined, {}, 'us-east-1'],
  ])('use as the region of an endpoint %s', async (_name, region, environment, expected) => {
    const { s3, sqs } = awsClients({ endpoint: 'http://localhost:4566', region }, environment);
    expect([await s3.config.region(), await sqs.config.region()]).toEqual([expected, expected]);
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
