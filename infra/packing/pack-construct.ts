import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { z } from 'zod';
import { functionPrograms } from './function-programs.ts';
import { packFunction } from './pack-function.ts';
import { stageWorkerImage } from './stage-worker-image.ts';
import { zipFolder } from './zip-folder.ts';

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
 * Writes the npm package of the construct: one module with its types, and every asset ready to deploy.
 * @param repository folder with the sources and the installed packages
 * @param folder output; what it contains is deleted first
 */
export async function packConstruct(repository: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'assets'), { recursive: true });
  await bundleConstruct(repository, folder);
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
    name: 'inception-batch-cdk',
    version: project.version,
    description: 'A CDK construct: images dropped in an S3 bucket become labels and embeddings in Parquet files.',
    license: project.license,
    keywords: ['aws-cdk', 'cdk', 'onnx', 'image-classification', 'embeddings'],
    type: 'module',
    engines: { node: '>=20' },
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
    peerDependencies: Object.fromEntries(peers.map((name) => [name, project.devDependencies[name]])),
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(contents, null, 2)}\n`);
  cpSync(join(repository, 'LICENSE'), join(folder, 'LICENSE'));
  cpSync(join(repository, 'docs/construct.md'), join(folder, 'README.md'));
  // Alarms name its sections.
  cpSync(join(repository, 'docs/runbook.md'), join(folder, 'docs/runbook.md'));
}

// node infra/packing/pack-construct.ts FOLDER
if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error('give the folder to write');
  await packConstruct(process.cwd(), resolve(folder));
}
