import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { stageFileSchema } from '../../infra/stage-file.ts';
import { repository } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export interface AppRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a shell without an account, credentials or a container engine. */
const isolated = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|CDK|npm)_/.test(name))),
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
  AWS_EC2_METADATA_DISABLED: 'true',
  CDK_DOCKER: 'no-container-engine',
  CDK_DISABLE_CLI_TELEMETRY: '1',
};

const { context: featureFlags } = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')));

/** What the file of a stage contains, and the name of the stage. */
export type StageSettings = z.input<typeof stageFileSchema> & { readonly stage?: string };

/** The context of `cdk.json` without packing of functions. */
export const unpackedContext = { ...featureFlags, 'aws:cdk:bundling-stacks': [] };

/** Runs `cdk synth` as a user does; functions are packed. */
export function cdkSynth(output: string, { stage = 'dev', ...settings }: StageSettings = {}): Promise<AppRun> {
  const cdk = join(repository, 'node_modules/.bin/cdk');
  const cwd = projectWith(stage, settings);
  const args = [cdk, 'synth', '--quiet', '--no-notices', '--output', output, '-c', `stage=${stage}`];
  return run(args, { cwd, env: isolated });
}

export interface AppOptions {
  /** Besides the stage, as after `-c`. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly environment?: NodeJS.ProcessEnv;
}

/** Runs the app as `cdk` does, but packs no functions. */
export function runApp(
  output: string,
  { stage = 'dev', ...settings }: StageSettings & Readonly<Record<string, unknown>> = {},
  { context = {}, environment = {} }: AppOptions = {},
): Promise<AppRun> {
  const whole = JSON.stringify({ ...unpackedContext, stage, ...context });
  const env = { ...isolated, ...environment, CDK_CONTEXT_JSON: whole, CDK_OUTDIR: output };
  return run([join(repository, 'infra/app.ts')], { cwd: projectWith(stage, settings), env });
}

/** A folder with the file of a stage, and a `cdk.json` that runs this repository's app. */
function projectWith(stage: string, settings: unknown): string {
  const folder = temporaryFolder();
  const app = `node ${JSON.stringify(join(repository, 'infra/app.ts'))}`;
  writeFileSync(join(folder, 'cdk.json'), JSON.stringify({ app, context: featureFlags }));
  mkdirSync(join(folder, 'infra/stages'), { recursive: true });
  writeFileSync(join(folder, `infra/stages/${stage}.json`), JSON.stringify(settings));
  return folder;
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

async function run(
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): Promise<AppRun> {
  const child = spawn(process.execPath, [...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once('close', resolve)),
  ]);
  return { code, stdout, stderr };
}
