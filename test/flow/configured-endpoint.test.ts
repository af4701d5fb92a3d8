import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../support/run-command.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const aws = await startAws();
const bucket = await aws.makeBucket();
await aws.put(bucket, 'a.jpg', 'x');
const localhost = aws.endpoint.replace('127.0.0.1', 'localhost');
const count = { code: 0, stdout: expect.stringContaining('"images":1') };
const withoutKeys = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };

describe('a command without --endpoint', () => {
  it('uses AWS_ENDPOINT_URL, also with the name localhost', async () => {
    const planned = await runCommand(['plan', `s3://${bucket}`, '--json'], { AWS_ENDPOINT_URL: localhost });
    expect(planned).toMatchObject({ ...count, stderr: expect.not.stringContaining('credentials') });
  });

  it('uses endpoint_url and the credentials of the configuration files', async () => {
    const file = join(temporaryFolder(), 'config');
    const lines = [`endpoint_url = ${localhost}`, 'aws_access_key_id = mine', 'aws_secret_access_key = secret'];
    await writeFile(file, `[default]\n${lines.join('\n')}\n`);
    const planned = await runCommand(['plan', `s3://${bucket}`, '--json'], { ...withoutKeys, AWS_CONFIG_FILE: file });
    expect(planned).toMatchObject({ ...count, stderr: expect.not.stringContaining('credentials') });
  });
});

describe('an address without a scheme', () => {
  it.each(['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3'])('is named as the value of %s', async (variable) => {
    const { code, stderr } = await runCommand(['plan', `s3://${bucket}`], { [variable]: 'localhost:4566' });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `inception-batch: ${variable} needs a URL such as http://localhost:4566, but is localhost:4566\n`,
    });
  });
});

describe('a command without credentials', () => {
  it('says once that it uses made-up ones, on an emulator of this machine', async () => {
    const { stderr, ...rest } = await runCommand(
      ['status', '--store', `s3://${bucket}/store`, '--images', `s3://${bucket}`, '--json', '--endpoint', localhost],
      withoutKeys,
    );
    expect(rest.code, stderr).toBe(0);
    expect(stderr).toBe(`no AWS credentials found: requests to ${localhost} are signed with made-up ones\n`);
  });
});
