import type { S3Client } from '@aws-sdk/client-s3';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { startProxy } from './proxy.ts';
import type { TestAws } from './start-aws.ts';

const exists = {
  ...{ status: 412, type: 'application/xml' },
  body: '<Error><Code>PreconditionFailed</Code><Message>The object exists</Message></Error>',
};

/** The emulator's S3 with `If-None-Match: *` on new objects, which it does not know itself. */
export async function conditionalS3({ endpoint }: TestAws): Promise<S3Client> {
  const objects = new Set<string>();
  const proxy = await startProxy(endpoint, ({ method, headers, url = '' }) => {
    const path = url.replace(/\?.*$/, '');
    if (method === 'DELETE') objects.delete(path);
    if (method !== 'PUT') return undefined;
    if (headers['if-none-match'] === '*' && objects.has(path)) return exists;
    objects.add(path);
    return undefined;
  });
  return awsClients({ endpoint: proxy.endpoint, region: 'us-east-1' }, {}).s3;
}
