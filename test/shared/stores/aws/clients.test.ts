import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { awsClients } from '../../../../shared/stores/aws/clients.ts';

describe('the clients of AWS', () => {
  it.each(['http://localhost:4566', 'http://127.0.0.1:4566', 'http://[::1]:4566', 'http://s3.localhost:4566'])(
    'sign with stand-in credentials at %s, where nobody checks them',
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
      // Whatever this machine has, if anything: not the stand-in.
      const credentials = await s3.config.credentials().catch(() => undefined);
      expect(credentials?.accessKeyId).not.toBe('local');
    },
  );

  it('leave credentials that the environment names alone', async () => {
    const { s3 } = awsClients({ endpoint: 'http://localhost:4566' }, { AWS_PROFILE: 'mine' });
    const credentials = await s3.config.credentials().catch(() => undefined);
    expect(credentials?.accessKeyId).not.toBe('local');
  });

  it.each([
    ['the one given', 'eu-west-1', { AWS_REGION: 'eu-north-1' }, 'eu-west-1'],
    ["the environment's", undefined, { AWS_REGION: 'eu-north-1' }, 'eu-north-1'],
    ["the environment's default", undefined, { AWS_DEFAULT_REGION: 'eu-south-1' }, 'eu-south-1'],
    ['us-east-1 where nothing names one', undefined, {}, 'us-east-1'],
  ])('take as region of an endpoint %s', async (_name, region, environment, expected) => {
    const { s3, sqs } = awsClients({ endpoint: 'http://localhost:4566', region }, environment);
    expect([await s3.config.region(), await sqs.config.region()]).toEqual([expected, expected]);
  });

  it('give a service up that takes connections and stays silent within half a minute', async () => {
    // Three seconds pass before the SDK begins to time a request.
    const { s3, sqs } = awsClients({ endpoint: 'http://127.0.0.1:9' }, {});
    // The handler has its settings once it was used.
    await expect(s3.send(new ListBucketsCommand({}))).rejects.toThrow('ECONNREFUSED');
    await expect(sqs.send(new ListQueuesCommand({}))).rejects.toThrow('ECONNREFUSED');
    for (const client of [s3, sqs]) {
      const { requestHandler } = client.config;
      if (!('httpHandlerConfigs' in requestHandler) || typeof requestHandler.httpHandlerConfigs !== 'function') {
        throw new Error('expected a handler that tells its settings');
      }
      const { socketTimeout } = z.object({ socketTimeout: z.number() }).parse(requestHandler.httpHandlerConfigs());
      expect((await client.config.maxAttempts()) * (socketTimeout + 3000)).toBeLessThanOrEqual(30_000);
    }
  });
});
