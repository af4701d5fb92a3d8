import { execFile } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { atEnd } from '../support/at-end.ts';
import { repository } from '../support/cli.ts';
import { installPackage } from '../support/installed-package.ts';
import { writePhotos } from '../support/photos.ts';
import { receiveRecords, s3Notification, sqsEvent } from '../support/sqs-event.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const execute = promisify(execFile);
const { devDependencies } = z
  .object({ devDependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')));
const folder = temporaryFolder();
const model = join(repository, 'demo/fashion-mnist/model');
const samples = join(repository, 'demo/fashion-mnist/samples');
let user = '';
let tarball = '';
let installed = '';

beforeAll(async () => {
  const others = ['typescript', '@types/node'].map((name) => `${name}@${devDependencies[name]}`);
  ({ user, tarball } = await installPackage(folder, others));
  installed = join(user, 'node_modules/inception-batch');
  cpSync(join(repository, 'examples'), join(user, 'examples'), { recursive: true });
  cpSync(join(repository, 'test/library/surface.ts'), join(user, 'surface.ts'));
  await writePhotos(join(user, 'photos'), 5);
  writeFileSync(join(user, 'photos/notes.jpg'), 'no image');
  console.info(`${tarball}: ${(statSync(tarball).size / 1e6).toFixed(2)} MB`);
});

/** Runs a program in the user's folder; the default model is the one in the package. */
function run(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const options = { cwd: user, env: { ...process.env, INCEPTION_MODEL: 'fashion-mnist', NO_COLOR: '1', ...env } };
  return execute(process.execPath, args, options);
}

/** The name of a photo. */
function photo(): string {
  return readdirSync(join(user, 'photos')).find((name) => name !== 'notes.jpg') ?? '';
}

/** Runs a tool of the repository on the packed package. */
function tool(name: string, ...args: string[]) {
  return execute(process.execPath, [join(repository, 'node_modules', name), ...args], { cwd: folder });
}

describe('the packed package', () => {
  it('passes publint and attw', async () => {
    const { stdout } = await tool('publint/src/cli.js', 'run', '--strict', tarball);
    expect(stdout).toContain('All good!');
    // A package of ES modules only: for require() and the resolution of before 2019 there is nothing.
    const attw = await tool(
      '@arethetypeswrong/cli/dist/index.js',
      tarball,
      '--profile',
      'esm-only',
      '--format',
      'json',
    );
    const { analysis } = z
      .object({ analysis: z.object({ entrypoints: z.record(z.string(), z.unknown()) }) })
      .parse(JSON.parse(attw.stdout));
    expect(Object.keys(analysis.entrypoints)).toEqual(
      expect.arrayContaining(['.', './results', './model', './lambdas']),
    );
  });

  it('has declarations of its own only, with maps that lead to sources', () => {
    const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
    const declarations = files.filter((name) => name.startsWith('dist/') && name.endsWith('.d.ts'));
    expect(declarations.length).toBeGreaterThan(4);
    for (const name of declarations) {
      const text = readFileSync(join(installed, name), 'utf8').replaceAll(/\/\*\*.*?\*\//gs, '');
      const foreign = Array.from(text.matchAll(/(?:from|import\()\s*'([^.'][^']*)'/g), ([, from]) => from);
      expect(foreign, name).toEqual([]);
      expect(text, name).not.toMatch(/'\.{1,2}\/[^']*\.ts'/);
      const map: unknown = JSON.parse(readFileSync(join(installed, `${name}.map`), 'utf8'));
      const { sources } = z.object({ sources: z.array(z.string()).min(1) }).parse(map);
      for (const source of sources)
        expect(existsSync(join(installed, dirname(name), source)), `${name}: ${source}`).toBe(true);
    }
  });

  it('has types that hold what they promise, also without skipLibCheck', async () => {
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
    const modules = ['--module', 'nodenext', '--target', 'es2024', '--types', 'node', '--ignoreConfig'];
    const programs = readdirSync(join(user, 'examples')).map((name) => join('examples', name));
    const tsc = join(user, 'node_modules/typescript/bin/tsc');
    await expect(run([tsc, ...options, ...modules, 'surface.ts', ...programs])).resolves.toMatchObject({ stdout: '' });
  });

  it('changes nothing when it is imported, and ends with the program', async () => {
    const program = `
      const before = JSON.stringify(process.env);
      const modules = ['', '/results', '/model', '/lambdas'].map((name) => import('inception-batch' + name));
      const names = (await Promise.all(modules)).map((module) => Object.keys(module).sort());
      console.log(JSON.stringify({ names, isSame: before === JSON.stringify(process.env) }));`;
    const { stdout, stderr } = await run(['--input-type=module', '--eval', program, '--', '--not-for-the-library']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      names: [
        ['Failure', 'UserError', 'listModels', 'openModel', 'proposeRegions', 'pullModel'],
        ['Failure', 'ResultsChanged', 'UserError', 'openResults'],
        ['UserError', 'ensembleModel', 'importModel', 'optimizeModel', 'quantizeModel'],
        ['Failure', 'UserError', 'openClassifyHandler', 'openIngestHandler'],
      ],
      isSame: true,
    });
  });
});

describe('the examples', () => {
  it('classify a folder in ten lines', async () => {
    const { stdout, stderr } = await run(['examples/classify-folder.ts', 'photos']);
    expect(stderr).toBe('');
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines).toContain('photos/notes.jpg not_an_image');
    const program = readFileSync(join(user, 'examples/classify-folder.ts'), 'utf8');
    expect(program.split('\n').filter((line) => line !== '' && !line.startsWith('//')).length).toBeLessThanOrEqual(10);
  });

  it('classify downloads', async () => {
    const bytes = readFileSync(join(user, 'photos', photo()));
    const server = createServer((request, response) => {
      if (request.url === '/a.jpg') response.end(bytes);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    atEnd(() => new Promise((resolve) => server.close(resolve)));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('expected a port');
    const base = `http://127.0.0.1:${address.port}`;
    const addresses = ['http://127.0.0.1:1/a.jpg', `${base}/a.jpg`, `${base}/b.jpg`];
    const { stdout, stderr } = await run(['examples/classify-downloads.ts', ...addresses]);
    expect(stdout.trimEnd().split('\n')).toHaveLength(5);
    expect(stdout).toMatch(/\/a\.jpg .+ [01]\.\d{3}\n/);
    expect(stderr).toBe(`http://127.0.0.1:1/a.jpg fetch failed\n${base}/b.jpg HTTP status 404\n`);
  });

  it('propose the regions of a folder, in threads of the package', async () => {
    const { stdout, stderr } = await run(['examples/propose-regions.ts', 'photos']);
    expect(stderr).toBe('');
    expect(stdout).toContain('photos/notes.jpg not_an_image\n');
    expect(stdout).toMatch(/^photos\/photo-001\.jpg( \d+){4}$/m);
  });

  it('query results, and find similar images', async () => {
    await run(['node_modules/.bin/inception-batch', 'run', 'photos', '--json']);
    const queried = await run(['examples/query-results.ts', 'inception-store']);
    expect(queried.stdout).toContain("5 classified, 1 rejected [ { reason: 'not_an_image', count: 1 } ]");
    expect(queried.stdout).toContain('notes.jpg not_an_image');
    const first = photo();
    const similar = await run(['examples/find-similar.ts', 'inception-store', join('photos', first)]);
    expect(similar.stdout.split('\n')[0]).toMatch(new RegExp(`^1\\.000 ${first} `));
  });

  it('quantize a model', async () => {
    const { stdout } = await run(['examples/quantize-model.ts', model, samples, 'model-int8']);
    expect(stdout).toMatch(
      /^fashion-mnist-int8@[0-9a-f]{12} in model-int8\nsame label on \d+\.\d % of 100 photos\n\d+\.\d times as fast\n$/,
    );
  });

  it('compose a function of AWS', async () => {
    const aws = await startAws();
    const [bucket, store, queue] = [await aws.makeBucket(), await aws.makeBucket(), await aws.makeCropsQueue()];
    const name = photo();
    await aws.put(bucket, name, readFileSync(join(user, 'photos', name)));
    await aws.put(bucket, 'notes.jpg', 'no image');
    const driver = `
      const [name, event] = process.argv.slice(-2);
      const { handler } = await import(\`./examples/\${name}\`);
      const { batchItemFailures } = await handler(JSON.parse(event));
      console.log(batchItemFailures.length + ' failures');
      process.exit();`;
    const invoke = async (handler: string, settings: NodeJS.ProcessEnv, event: unknown) => {
      const env = {
        ...{ ...settings, CROPS_QUEUE_URL: queue },
        ...{ RESULTS: `s3://${store}/results`, AWS_ENDPOINT: aws.endpoint, AWS_REGION: 'us-east-1' },
      };
      return (await run(['--input-type=module', '--eval', driver, handler, JSON.stringify(event)], env)).stdout;
    };
    const ingested = await invoke(
      'own-ingest-function.ts',
      { MODEL_MANIFEST: join(model, 'manifest.json') },
      sqsEvent(s3Notification(bucket, name, 'notes.jpg')),
    );
    expect(ingested).toContain(`${name}: sent`);
    expect(ingested).toContain('notes.jpg: rejected not_an_image');
    const classified = await invoke(
      'own-classify-function.ts',
      { MODEL: model },
      { Records: await receiveRecords(aws.sqs, queue) },
    );
    expect(classified).toMatch(new RegExp(`^${name}: .+\n0 failures\n$`));
  });

  it('are all run here', () => {
    const text = readFileSync(import.meta.filename, 'utf8');
    for (const name of readdirSync(join(repository, 'examples'))) expect(text, name).toContain(name);
  });
});
