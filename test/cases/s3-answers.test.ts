import { describe, expect, it } from 'vitest';
import { Failure } from '../../shared/failures/failure.ts';
import { awsClients } from '../../shared/stores/aws/clients.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { httpAnswers } from '../support/http-answers.ts';
import { outcomeTable } from './outcome-table.ts';

/** Codes that S3 gives with status 400 to a read of an object, with S3's message. */
const permanent = {
  InvalidRequest:
    'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
  'KMS.DisabledException': 'arn:aws:kms:eu-west-1:1:key/k is disabled.',
  'KMS.NotFoundException': 'Invalid arn eu-west-1',
};

describe('an answer of S3 with status 400', () => {
  const record = outcomeTable('S3 answers of INDEX.md');

  it.each(Object.entries(permanent))('%s makes the object unreadable at the first delivery', async (code, message) => {
    const endpoint = await httpAnswers((_, _body, response) => {
      response.writeHead(400, { 'content-type': 'application/xml' });
      response.end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
    });
    const { s3 } = awsClients({ endpoint, region: 'us-east-1' }, {});
    const failure = await new S3Store(s3).read({ bucket: 'drop', key: 'a.jpg' }, { maxBytes: 100 }).catch(Failure.from);
    if (!(failure instanceof Failure)) throw new Error('the read succeeded');
    record(code, `${failure.reason}: ${failure.message}`);
    expect(failure).toMatchObject({ reason: 'unreadable', isTransient: false });
  });
});
