import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
    const stages = join(folder, 'infra/stages');
    if (settings === undefined) cpSync(join(repository, 'infra/stages'), stages, { recursive: true });
    else {
      mkdirSync(stages, { recursive: true });
      writeFileSync(join(stages, `${stage}.json`), JSON.stringify(settings));
    }
    const { context } = z
      .object({ context: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse(readFileSync(join(repository, 'cdk.json'), 'utf8')));
    const output = join(folder, 'out');
    await run(process.execPath, [join(repository, 'infra/app.ts')], {
      cwd: folder,
      env: {
        ...process.env,
        CDK_CONTEXT_JSON: JSON.stringify({ ...context, stage, 'aws:cdk:bundling-stacks': [] }),
        CDK_OUTDIR: output,
      },
    });
    const template = readdirSync(output).find((file) => file.endsWith('.template.json'));
    if (template === undefined) throw new UserError(`the stage ${stage} has no template`);
    return readTemplate(join(output, template));
  } catch (error) {
    if (error instanceof Error && 'stderr' in error) throw new UserError(String(error.stderr).trim());
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws {UserError} if the file is not the template of a pipeline */
export function readTemplate(path: string): Deployment {
  return parseDeployment(JSON.parse(readFileSync(path, 'utf8')));
}
