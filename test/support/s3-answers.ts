import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { httpAnswers } from './http-answers.ts';

/** A store whose service answers every request with an error. */
export async function storeThatAnswers(status: number, code: string, text = `${code} it is`): Promise<S3Store> {
  const endpoint = await httpAnswers((_request, _body, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`);
  });
  return new S3Store(impatient(endpoint));
}

/** A store whose service sends objects in chunks without a Content-Length. */
export async function storeWithChunks(
  chunks: readonly string[],
  { end = true, onClose = () => {} }: { end?: boolean; onClose?: () => void } = {},
): Promise<S3Store> {
  const endpoint = await httpAnswers((_request, _body, response) => {
    response.on('close', onClose);
    response.writeHead(200, { etag: '"e"' });
    for (const chunk of chunks) response.write(chunk);
    if (end) response.end();
  });
  return new S3Store(impatient(endpoint));
}

/** A store whose service answers every request with an object of a version. @param seen is called with each URL */
export async function storeWithVersion(version: string, seen: (url: string | undefined) => void): Promise<S3Store> {
  const endpoint = await httpAnswers((request, _body, response) => {
    seen(request.url);
    response.writeHead(200, { 'content-length': '1', etag: '"e"', 'x-amz-version-id': version });
    response.end('x');
  });
  return new S3Store(impatient(endpoint));
}

/** A client with a single attempt, so that the tests do not wait for the SDK's retries. */
export function impatient(endpoint: string): ConstructorParameters<typeof S3Store>[0] {
  const { s3 } = awsClients({ endpoint }, {});
  s3.config.maxAttempts = async () => 1;
  return s3;
}
