import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { functionPrograms } from '../../infra/packing/function-programs.ts';
import { packConstruct } from '../../infra/packing/pack-construct.ts';
import { deployStage } from '../infra/operate/deployed-stage.ts';
import { runOperate } from '../infra/operate/run-operate.ts';
import { violationsIn } from '../infra/run-app.ts';
import { model, resourceSchema } from '../infra/synthesize.ts';
import { repository } from '../support/cli.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

// The package of the construct, in an empty folder outside the repository. Programs there may start no process and read
// files below the folder for temporary files only, so they install, bundle and borrow nothing.

const folder = temporaryFolder();
const app = join(folder, 'app');
const packed = join(folder, 'cdk');
const installed = join(app, 'node_modules/inception-batch-cdk');
const { devDependencies } = z
  .object({ devDependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')));
const [, program = ''] = readFileSync(join(repository, 'docs/construct.md'), 'utf8').match(/```ts\n([^`]+)```/) ?? [];

beforeAll(async () => {
  await packConstruct(repository, packed);
  npm(packed, 'pack', '--pack-destination', folder);
  const [archive = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  mkdirSync(join(app, 'tmp'), { recursive: true });
  writeFileSync(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const others = ['aws-cdk-lib', 'constructs', 'cdk-nag'].map((name) => `${name}@${devDependencies[name]}`);
  npm(app, 'install', '--prefer-offline', '--no-audit', '--no-fund', ...others, join(folder, archive));
  cpSync(model, join(app, 'model'), { recursive: true });
  const megabytes = (path: string) => (statSync(path).size / 1e6).toFixed(1);
  const sizes = Object.keys(functionPrograms).map((name) => `${name} ${megabytes(join(packed, `assets/${name}.zip`))}`);
  console.info(`${archive}: ${megabytes(join(folder, archive))} MB, of which functions: ${sizes.join(', ')} MB`);
});

it('a program of 20 lines uses the packed construct without a finding', () => {
  expect(program.trim().split('\n').length).toBeLessThanOrEqual(21);
  const { code, stderr } = run('app.ts', program, 'out');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(violationsIn(join(app, 'out'))).toEqual([]);
  const types = Object.values(templateOf('out')).map(({ Type }) => Type);
  for (const type of ['AWS::ECS::Service', 'AWS::SQS::Queue', 'AWS::Lambda::Function', 'Custom::S3BucketNotifications'])
    expect(types).toContain(type);
});

it('its assets are those of the package', () => {
  run('lambda.ts', program.replace("stage: 'photos',", "stage: 'photos', classifier: 'lambda',"), 'out-lambda');
  const staged = (output: string) =>
    readdirSync(join(app, output))
      .filter((name) => name.startsWith('asset.'))
      .map((name) => join(app, output, name));
  const archives = [...staged('out'), ...staged('out-lambda')]
    .filter((path) => path.endsWith('.zip'))
    .map((path) => readFileSync(path));
  for (const name of Object.keys(functionPrograms)) {
    const zip = readFileSync(join(installed, `assets/${name}.zip`));
    expect(
      archives.some((archive) => archive.equals(zip)),
      name,
    ).toBe(true);
  }
  const image = staged('out').find((path) => existsSync(join(path, 'Dockerfile'))) ?? '';
  expect(readdirSync(image).toSorted()).toEqual(readdirSync(join(installed, 'assets/worker-image')).toSorted());
});

it('programs are checked against its types', () => {
  const check = (text: string) => {
    writeFileSync(join(app, 'typed.ts'), text);
    const tsc = join(repository, 'node_modules/typescript/bin/tsc');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--types', '', '--skipLibCheck', 'typed.ts'];
    return spawnSync(process.execPath, [tsc, ...options], { cwd: app, encoding: 'utf8' });
  };
  expect(check(program)).toMatchObject({ stdout: '', status: 0 });
  expect(check(program.replace('maxWorkers: 8', "maxWorkers: '8'")).stdout).toContain("'string' is not assignable");
});

it('has the command that stops a pipeline, without the clients of AWS of another package', async () => {
  const made = Object.entries(templateOf('out')).map(([id, resource]) => ({ id, ...resource }));
  const stage = await deployStage(made, 'Photos');
  const command = join(app, 'node_modules/.bin/inception-batch-cdk');
  const args = ['stop', '--stage', 'photos', '--stack', 'Photos'];
  const { stdout, code } = await runOperate(stage.url, args, command);
  expect(stdout).toContain('Photos is stopped\n');
  expect(stdout).toMatch(/event source of Ingest +on -> off/);
  expect(code).toBe(0);
  expect(stage.unexpected).toEqual([]);
});

it('its pages link only to files that it contains', () => {
  for (const page of ['README.md', 'docs/runbook.md']) {
    const text = readFileSync(join(installed, page), 'utf8');
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    for (const link of links) expect(existsSync(join(dirname(join(installed, page)), link)), link).toBe(true);
  }
});

it('replaces only an earlier package', async () => {
  const other = temporaryFolder();
  writeFileSync(join(other, 'package.json'), JSON.stringify({ name: 'shop' }));
  await expect(packConstruct(repository, other)).rejects.toThrow(
    `${other} contains something else than an earlier package: give a new or empty folder`,
  );
  expect(readdirSync(other)).toEqual(['package.json']);
});

it('a failure leaves the earlier package as it was', async () => {
  const before = readdirSync(packed);
  await expect(packConstruct(join(folder, 'no-repository'), packed)).rejects.toThrow();
  expect(readdirSync(packed)).toEqual(before);
  expect(readdirSync(folder).filter((name) => name.startsWith('cdk-'))).toEqual([]);
});

it.each([
  ["stage: 'Photos 1'", 'stage: "Photos 1" is invalid: give the name of the deployment'],
  ['maxWorkers: 0', 'maxWorkers: 0 is invalid: give a whole number from 1 to 500'],
  ["model: 'none'", 'model "none" is not a model directory: none/manifest.json is missing'],
  ['batch: 3', 'batch is not a setting: choose from stage,'],
])('a wrong prop is one line: %s', (prop, expected) => {
  const text = program.replace(/(new InceptionBatch\(stack, 'Pipeline', \{)[^}]+\}/, `$1 ${prop} }`);
  const { code, stderr } = run('wrong.ts', text, 'out-wrong');
  const [line = ''] = stderr.match(/^UserError: wrong settings: .*/m) ?? [];
  expect(line).toContain(expected);
  expect(code).toBe(1);
});

/** The resources that the program has synthesized. */
function templateOf(output: string) {
  const text = readFileSync(join(app, output, 'Photos.template.json'), 'utf8');
  return z.object({ Resources: resourceSchema }).parse(JSON.parse(text)).Resources;
}

function npm(cwd: string, ...args: readonly string[]): void {
  execFileSync('npm', args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Runs a program in the app's folder. */
function run(name: string, text: string, output: string): { readonly code: number | null; readonly stderr: string } {
  writeFileSync(join(app, name), text);
  // The CDK reads the parents of the files that it copies.
  const permissions = ['--permission', `--allow-fs-read=${tmpdir()}`, `--allow-fs-write=${tmpdir()}`];
  const { status, stderr } = spawnSync(process.execPath, [...permissions, name], {
    cwd: app,
    env: { CDK_OUTDIR: output, TMPDIR: join(app, 'tmp') },
    encoding: 'utf8',
  });
  return { code: status, stderr };
}
