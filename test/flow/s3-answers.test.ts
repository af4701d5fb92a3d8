import { join } from 'node:path';
import { expect, it } from 'vitest';
import { httpAnswers } from '../support/http-answers.ts';
import { makeTinyModel } from '../support/make-tiny-model.ts';
import { picture } from '../support/photos.ts';
import { queryResults, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const sseC =
  'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.';

/** Errors of S3 for objects that a run cannot read, by key. */
const errors: Readonly<Record<string, readonly [code: string, message: string]>> = {
  'customer-key.jpg': ['InvalidRequest', sseC],
  'disabled-key.jpg': ['KMS.DisabledException', 'arn:aws:kms:eu-west-1:123456789012:key/k is disabled.'],
  'missing-key.jpg': ['KMS.NotFoundException', "Key 'k' does not exist"],
  'dying-key.jpg': ['KMS.KMSInvalidStateException', 'arn:aws:kms:eu-west-1:123456789012:key/k is pending deletion.'],
};

it('gives objects that S3 cannot decrypt a row at the first attempt, and reads an object without a size', async () => {
  const jpeg = await picture(1).jpeg().toBuffer();
  const reads: string[] = [];
  const endpoint = await httpAnswers(({ url = '' }, _body, response) => {
    const key = /^\/drop\/(?<key>[^?]+)/.exec(url)?.groups?.['key'];
    if (key === undefined) {
      const keys = [...Object.keys(errors), 'without-size.jpg'];
      const contents = keys.map((each) => `<Contents><Key>${each}</Key><ETag>"e"</ETag><Size>9</Size></Contents>`);
      response.end(`<ListBucketResult><IsTruncated>false</IsTruncated>${contents.join('')}</ListBucketResult>`);
      return;
    }
    reads.push(key);
    const error = errors[key];
    if (error === undefined) {
      response.writeHead(200, { etag: '"e"' });
      response.write(jpeg.subarray(0, 100));
      response.end(jpeg.subarray(100));
      return;
    }
    response.writeHead(400, { 'content-type': 'application/xml' });
    response.end(`<Error><Code>${error[0]}</Code><Message>${error[1]}</Message></Error>`);
  });
  const store = join(temporaryFolder(), 'store');
  const { stderr } = await runCommand([
    ...['run', 's3://drop', '--endpoint', endpoint, '--model', await makeTinyModel(), '--store', store],
  ]);
  const rows = await queryResults(store, 'select key, status, reason, detail from results order by key');
  const unreadable = { status: 'rejected', reason: 'unreadable' };
  expect(rows, stderr).toEqual([
    { key: 'customer-key.jpg', ...unreadable, detail: expect.stringContaining('(SSE-C): copy it to a bucket without') },
    { key: 'disabled-key.jpg', ...unreadable, detail: expect.stringContaining('is disabled: enable it, then retry') },
    { key: 'dying-key.jpg', ...unreadable, detail: expect.stringContaining('cancel its deletion, then retry') },
    { key: 'missing-key.jpg', ...unreadable, detail: expect.stringContaining('restore the object from a copy') },
    { key: 'without-size.jpg', status: 'classified', reason: null, detail: null },
  ]);
  expect(reads.toSorted()).toEqual([...Object.keys(errors), 'without-size.jpg'].toSorted());
});
