import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { repository } from '../../support/cli.ts';

/**
 * Runs the command as `npm run stop` and `npm run resume` do.
 * @param url of the stand-in for AWS
 */
export async function runOperate(
  url: string | undefined,
  args: readonly string[],
  program = join(repository, 'infra/operate/main.ts'),
) {
  const env = {
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'key',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_MAX_ATTEMPTS: '1',
  };
  const child = spawn(process.execPath, [program, ...args], { env });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once('close', resolve)),
  ]);
  return { stdout, stderr, code };
}
