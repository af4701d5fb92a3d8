import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, normalize, resolve } from 'node:path';
import { build } from 'esbuild';
import { z } from 'zod';
import { UserError } from '../../shared/failures/user-error.ts';
import { functionPrograms } from './function-programs.ts';
import { packFunction } from './pack-function.ts';
import { stageWorkerImage } from './stage-worker-image.ts';
import { writeFolder } from './write-folder.ts';
import { zipFolder } from './zip-folder.ts';

const packageName = 'inception-batch-cdk';

/** What an app that uses the construct installs itself. */
const peers = ['aws-cdk-lib', 'constructs'] as const;

/** The files whose types an app sees. */
const typed = ['inception-batch', 'inception-batch-props'];

const projectSchema = z.object({
  version: z.string(),
  license: z.string(),
  devDependencies: z.record(z.string(), z.string()),
});

/**
 * Writes the npm package of the construct: one module with its types, every asset ready to deploy, and the command that
 * stops and resumes a pipeline. A failure leaves an earlier package as it was.
 * @param repository folder with the sources and the installed packages
 * @param folder output: a new or empty one, or that of an earlier package, which is replaced
 * @throws {UserError} if the folder contains something else
 */
export async function packConstruct(repository: string, folder: string): Promise<void> {
  checkReplaceable(folder);
  mkdirSync(dirname(folder), { recursive: true });
  const made = mkdtempSync(`${folder}-`);
  try {
    // Otherwise only its owner may read a temporary folder.
    chmodSync(made, 0o755);
    await writeConstruct(repository, made);
    rmSync(folder, { recursive: true, force: true });
    renameSync(made, folder);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function checkReplaceable(folder: string): void {
  if (!existsSync(folder)) return;
  const names = statSync(folder).isDirectory() ? readdirSync(folder) : undefined;
  if (names?.length === 0) return;
  if (names?.includes('package.json')) {
    const contents: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (z.looseObject({ name: z.literal(packageName) }).safeParse(contents).success) return;
  }
  throw new UserError(`${folder} contains something else than an earlier package: give a new or empty folder`);
}

async function writeConstruct(repository: string, folder: string): Promise<void> {
  mkdirSync(join(folder, 'assets'));
  await bundleConstruct(repository, folder);
  await bundleCommand(repository, folder);
  writeTypes(repository, folder);
  writePackage(repository, folder);
  const packed = mkdtempSync(join(tmpdir(), 'inception-batch-functions-'));
  try {
    for (const [name, programs] of Object.entries(functionPrograms)) {
      packFunction(repository, programs, join(packed, name));
      zipFolder(join(packed, name), join(folder, 'assets', `${name}.zip`));
    }
  } finally {
    rmSync(packed, { recursive: true });
  }
  stageWorkerImage(repository, join(folder, 'assets/worker-image'));
}

/** @throws {Error} if the module imports what an app does not have */
async function bundleConstruct(repository: string, folder: string): Promise<void> {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: ['infra/inception-batch.ts'],
    outfile: join(folder, 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: [...peers],
    metafile: true,
    logLevel: 'warning',
    plugins: [
      {
        name: 'prebuilt assets',
        setup({ onResolve }) {
          onResolve({ filter: /\/assets\.ts$/ }, () => ({ path: join(repository, 'infra/prebuilt-assets.ts') }));
        },
      },
    ],
  });
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  const missing = imports.filter((path) => !isBuiltin(path) && !peers.some((peer) => path.startsWith(peer)));
  if (missing.length > 0) throw new Error(`the construct imports ${missing.join(', ')}: bundle it`);
}

/** The command contains its clients of AWS: an app need not install them. */
async function bundleCommand(repository: string, folder: string): Promise<void> {
  await build({
    absWorkingDir: repository,
    entryPoints: ['infra/operate/main.ts'],
    outfile: join(folder, 'command.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minify: true,
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  const path = join(folder, 'command.js');
  writeFileSync(path, `#!/usr/bin/env node\n${readFileSync(path, 'utf8')}`, { mode: 0o755 });
}

function writeTypes(repository: string, folder: string): void {
  const declared = mkdtempSync(join(tmpdir(), 'inception-batch-types-'));
  try {
    const compiler = join(repository, 'node_modules/typescript/bin/tsc');
    const options = ['-p', join(repository, 'infra/tsconfig.types.json'), '--outDir', declared];
    execFileSync(process.execPath, [compiler, ...options], { stdio: 'inherit' });
    for (const name of typed) {
      const text = readFileSync(join(declared, 'infra', `${name}.d.ts`), 'utf8');
      writeFileSync(join(folder, `${name}.d.ts`), text.replaceAll(/(from '\.\/[\w-]+)\.ts'/g, "$1.js'"));
    }
  } finally {
    rmSync(declared, { recursive: true });
  }
  const exports = [
    "export { InceptionBatch } from './inception-batch.js';",
    "export type { InceptionBatchProps } from './inception-batch-props.js';",
  ];
  writeFileSync(join(folder, 'index.d.ts'), `${exports.join('\n')}\n`);
}

function writePackage(repository: string, folder: string): void {
  const project = projectSchema.parse(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')));
  const contents = {
    name: packageName,
    version: project.version,
    description: 'A CDK construct: images dropped in an S3 bucket become labels and embeddings in Parquet files.',
    license: project.license,
    keywords: ['aws-cdk', 'cdk', 'onnx', 'image-classification', 'embeddings'],
    type: 'module',
    engines: { node: '>=20' },
    bin: { [packageName]: './command.js' },
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
    peerDependencies: Object.fromEntries(peers.map((name) => [name, project.devDependencies[name]])),
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(contents, null, 2)}\n`);
  cpSync(join(repository, 'LICENSE'), join(folder, 'LICENSE'));
  writeFileSync(
    join(folder, 'README.md'),
    withoutDeadLinks(join(repository, 'docs/construct.md'), ['runbook.md'], 'docs/'),
  );
  // Alarms name its sections.
  mkdirSync(join(folder, 'docs'));
  writeFileSync(join(folder, 'docs/runbook.md'), withoutDeadLinks(join(repository, 'docs/runbook.md'), []));
}

/**
 * A page whose links lead to files of the package only; of other links the text remains, with the file in the repository.
 * @param kept files beside the page that the package contains
 * @param path of those files in the package
 */
function withoutDeadLinks(page: string, kept: readonly string[], path = ''): string {
  return readFileSync(page, 'utf8').replaceAll(
    /\[([^\]]+)\]\((?!https?:|#)([^)#]+)(#[^)]*)?\)/g,
    (_, text, file, section = '') =>
      kept.includes(file) ? `[${text}](${path}${file}${section})` : `${text} (${normalize(join('docs', file))})`,
  );
}

// node infra/packing/pack-construct.ts FOLDER
if (import.meta.main) {
  await writeFolder(
    process.argv.slice(2),
    (folder) => packConstruct(process.cwd(), folder),
    (folder) => `npm pack ${resolve(folder)}`,
  );
}
