import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { repository } from '../support/cli.ts';

export interface AppRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** npm's settings, but no account, no credentials, and no container engine to be found. */
const alone = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|CDK)_/.test(name))),
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
  CDK_DOCKER: 'no-container-engine',
  CDK_DISABLE_CLI_TELEMETRY: '1',
};

/** `cdk synth` as a person types it, with functions packed. */
export function cdkSynth(output: string, settings: Record<string, string> = {}): Promise<AppRun> {
  const context = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const cdk = join(repository, 'node_modules/.bin/cdk');
  return run([cdk, 'synth', '--quiet', '--no-notices', '--output', output, ...context], alone);
}

/** The app as `cdk` runs it, security rules and all, with nothing packed. */
export function runApp(output: string, settings: Record<string, string> = {}): Promise<AppRun> {
  const { context } = z
    .object({ context: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')));
  const given = { ...context, ...settings, 'aws:cdk:bundling-stacks': [] };
  const environment = { ...alone, CDK_CONTEXT_JSON: JSON.stringify(given), CDK_OUTDIR: output };
  return run([join(repository, 'infra/app.ts')], environment);
}

async function run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<AppRun> {
  const child = spawn(process.execPath, [...args], { cwd: repository, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { code, stdout, stderr };
}
