import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import { type Deployment, parseDeployment } from './template/deployment.ts';

const repository = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/**
 * Synthesizes a stage in its own process, without packing functions, and reads its template.
 * @param stage its name
 * @param settings the contents of its file; by default the file in infra/stages/
 * @throws {UserError} if the stage cannot be synthesized
 */
export async function synthesizeStage(
  stage: string,
  settings?: Readonly<Record<string, unknown>>,
): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'inception-batch-simulation-'));
  try {
    if (settings !== undefined) {
      mkdirSync(join(folder, 'infra/stages'), { recursive: true });
      writeFileSync(join(folder, `infra/stages/${stage}.json`), JSON.stringify(settings));
    }
    const output = join(folder, 'out');
    await synthesize(stage, { cwd: settings === undefined ? repository : folder, output });
    const template = readdirSync(output).find((file) => file.endsWith('.template.json'));
    if (template === undefined) throw new UserError(`the stage ${stage} has no template`);
    return readTemplate(join(output, template));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { context } = z
  .object({ context: z.record(z.string(), z.unknown()) })
  .parse(JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')));

/** Runs the app as `cdk` does. */
async function synthesize(stage: string, { cwd, output }: { cwd: string; output: string }): Promise<void> {
  const whole = JSON.stringify({ ...context, stage, 'aws:cdk:bundling-stacks': [] });
  const env = { ...process.env, CDK_CONTEXT_JSON: whole, CDK_OUTDIR: output };
  await run(process.execPath, [join(repository, 'infra/app.ts')], { cwd, env }).catch((error: unknown) => {
    const message = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw message.startsWith(appPrefix) ? new UserError(message.slice(appPrefix.length)) : error;
  });
}

/** Of the app's own messages. */
const appPrefix = 'inception-batch: ';

/** @throws {UserError} if the file is not the template of a pipeline */
export function readTemplate(path: string): Deployment {
  let template: unknown;
  try {
    template = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new UserError(`cannot read ${path}: give the template.json of \`cdk synth\``, { cause });
  }
  return parseDeployment(template);
}
