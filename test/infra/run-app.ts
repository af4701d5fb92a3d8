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

/** The environment of this process without an account, credentials or a container engine. */
const isolated = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|CDK)_/.test(name))),
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
  CDK_DOCKER: 'no-container-engine',
  CDK_DISABLE_CLI_TELEMETRY: '1',
};

const { context: featureFlags } = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')));

/** The context of `cdk.json` with settings as after `-c`, and no packing of functions. */
export function cdkContext(settings: Record<string, string>): Record<string, unknown> {
  return { ...featureFlags, ...settings, 'aws:cdk:bundling-stacks': [] };
}

/** Runs `cdk synth` as a user does; functions are packed. */
export function cdkSynth(output: string, settings: Record<string, string> = {}): Promise<AppRun> {
  const context = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const cdk = join(repository, 'node_modules/.bin/cdk');
  return run([cdk, 'synth', '--quiet', '--no-notices', '--output', output, ...context], isolated);
}

/** Runs the app as `cdk` does, but packs no functions. */
export function runApp(output: string, settings: Record<string, string> = {}): Promise<AppRun> {
  const environment = { ...isolated, CDK_CONTEXT_JSON: JSON.stringify(cdkContext(settings)), CDK_OUTDIR: output };
  return run([join(repository, 'infra/app.ts')], environment);
}

const reportSchema = z.object({
  pluginReports: z.array(z.object({ violations: z.array(z.object({ ruleName: z.string() })) })),
});

/** The rules in a validation report, except warnings that the app gives itself. */
export function violationsIn(folder: string): string[] {
  const report = reportSchema.parse(JSON.parse(readFileSync(join(folder, 'validation-report.json'), 'utf8')));
  const rules = report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
  return rules.filter((rule) => !rule.startsWith('Annotation::'));
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
