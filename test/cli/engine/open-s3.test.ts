import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { launcher } from '../../support/cli.ts';
import { makeTinyModel } from '../../support/make-tiny-model.ts';
import { writePhotos } from '../../support/photos.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Prints the packages of S3 and SQS that a command loads, at its end. */
const reportPackages = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  const loaded = new Set();
  registerHooks({ resolve(name, context, next) {
    if (name.startsWith('@aws-sdk/client-')) loaded.add(name);
    return next(name, context);
  } });
  process.on('exit', () => process.stderr.write('loaded:' + [...loaded].sort().join() + '.'));
`)}`;

/** The packages that a command loads. */
function loadedBy(...args: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', reportPackages, launcher, ...args], { env }, (_, __, stderr) =>
      resolve(/loaded:(.*)\.$/.exec(stderr)?.[1]),
    );
  });
}

it('the packages of S3 and SQS are not loaded for folders', async () => {
  const [photos, store] = [join(temporaryFolder(), 'photos'), join(temporaryFolder(), 'store')];
  await writePhotos(photos, 1);
  expect(await loadedBy('run', photos, '--model', await makeTinyModel(), '--store', store, '--json')).toBe('');
  expect(await loadedBy('results', '--store', store)).toBe('');
});

it('the packages of S3 and SQS are loaded for a bucket', async () => {
  const aws = ['--endpoint', 'http://127.0.0.1:9', '--region', 'eu-west-1'];
  expect(await loadedBy('results', '--store', 's3://bucket/rows', ...aws)).toBe(
    '@aws-sdk/client-s3,@aws-sdk/client-sqs',
  );
});
