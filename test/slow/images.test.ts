import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stageWorkerImage } from '../../infra/packing/stage-worker-image.ts';
import { openCropsQueue } from '../../shared/crops/open-crops-queue.ts';
import { modelId } from '../../shared/models/model-manifest.ts';
import { S3Store } from '../../shared/stores/aws/s3-store.ts';
import { assembleImages, type Image } from '../support/assemble-images.ts';
import { repository } from '../support/cli.ts';
import { cropOf } from '../support/crops.ts';
import { eventually } from '../support/eventually.ts';
import { httpAnswers } from '../support/http-answers.ts';
import { freePort } from '../support/listen.ts';
import { queryResults } from '../support/run-command.ts';
import { checkHealth, filesIn, installedIn, outputOf, setWritable, startImage } from '../support/run-image.ts';
import { startAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = temporaryFolder();
const model = join(folder, 'model');
const id = modelId(await writeTinyModel(model));
const aws = await startAws();
const bucket = await aws.makeBucket();
let images: Record<string, Image>;

beforeAll(async () => {
  for (const file of ['manifest.json', 'model.onnx']) {
    await aws.put(bucket, `models/tiny/${file}`, await readFile(join(model, file)));
  }
  // The user of the image must be able to read it.
  await chmod(folder, 0o755);
  const context = { context: join(folder, 'staged'), into: join(folder, 'stages') };
  await mkdir(context.into);
  stageWorkerImage(repository, context.context);
  images = await assembleImages(join(context.context, 'Dockerfile'), context);
  const skipped = new Set(Object.values(images).flatMap((image) => [...image.skipped]));
  console.log(`skipped instructions: ${[...skipped].join('; ') || 'nothing'}`);
  // All packages of the repository are installed, and those of the images as npm unpacks them, for every platform.
}, 600_000);
afterAll(async () => {
  for (const { root } of Object.values(images)) await setWritable(root, true);
});

function imageOf(target: string): Image {
  const image = images[target];
  if (image === undefined) throw new Error(`the Dockerfile has no stage ${target}`);
  return image;
}

/** A folder for temporary files that the image's user can write to. */
async function writableFolder(): Promise<string> {
  const path = await mkdtemp(join(folder, 'tmp-'));
  await chmod(path, 0o777);
  return path;
}

/** Runs the worker of an image as an ECS task: sends a crop, waits for its row, and stops the worker. */
async function classifyOne(image: Image, environment: Record<string, string>) {
  const store = await aws.makeBucket();
  const url = await aws.makeCropsQueue();
  const crops = await openCropsQueue(aws.sqs, url, new S3Store(aws.s3), { transport: 'inline' });
  const protection: unknown[] = [];
  const env = {
    ECS_AGENT_URI: await httpAnswers((_request, body, response) => {
      const { ProtectionEnabled } = JSON.parse(body);
      protection.push(ProtectionEnabled);
      response.end(JSON.stringify({ protection: { ProtectionEnabled } }));
    }),
    CROPS_QUEUE_URL: url,
    RESULTS: `s3://${store}`,
    AWS_ENDPOINT: aws.endpoint,
    PART_AGE_MS: '100',
    THREADS: '1',
    // The tests have no GPU.
    ACCELERATOR: 'cpu',
    HEALTH_PORT: await freePort(),
    TMPDIR: await writableFolder(),
    ...environment,
  };
  await setWritable(image.root, false);
  const before = await filesIn(image.root);
  const { process: worker, unsupported } = startImage(image, env);
  const output = outputOf(worker);
  const exited = once(worker, 'exit');
  if (unsupported.length > 0)
    console.warn(`run without settings that this machine does not support: ${unsupported.join(', ')}`);
  try {
    const health = await eventually(
      () => {
        if (worker.exitCode !== null) throw new Error(output());
        return checkHealth(image, env);
      },
      { interval: 200 },
    );
    expect(JSON.parse(health)).toMatchObject({ status: 'ok', model: id, provider: 'cpu', busy: false });
    if (unsupported.length === 0) expect(await readFile(`/proc/${worker.pid}/maps`, 'utf8')).toContain('libjemalloc');
    expect(await crops.send([cropOf({ key: 'one.jpg', fill: 7 })])).toEqual([]);
    await aws.waitUntilEmpty(url);
  } finally {
    worker.kill(image.stopSignal === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL');
  }
  expect(await exited, output()).toEqual([0, null]);
  expect(await filesIn(image.root)).toEqual(before);
  expect(await readdir(env.TMPDIR)).toEqual([]);
  expect(protection).toEqual([true, false]);
  return queryResults(`s3://${store}`, 'select key, status, model, provider from results', aws.endpoint);
}

describe.each(['cpu', 'gpu'])('the files of the %s image', (target) => {
  it('are the bundled programs and the packages that cannot be bundled, at the locked versions', async () => {
    const { root, workdir } = imageOf(target);
    const worker = join(root, workdir);
    const programs = ['check-health.mjs', 'main.mjs', 'node_modules', 'session-thread.mjs'];
    expect((await readdir(worker)).toSorted()).toEqual(programs);
    const { packages } = JSON.parse(await readFile(join(repository, 'package-lock.json'), 'utf8'));
    const installed = await installedIn(worker);
    expect([...installed.keys()]).toContain('node_modules/parquet-wasm');
    expect([...installed.keys()].filter((path) => /^node_modules\/(@|sharp|typescript|vitest)/.test(path))).toEqual([]);
    for (const [path, version] of installed)
      expect({ path, version }).toEqual({ path, version: packages[path]?.version });
    const files = await filesIn(worker);
    const paths = [...files.keys()].map((path) => relative(worker, path));
    expect(paths.filter((path) => path.endsWith('.node'))).toEqual([
      `node_modules/onnxruntime-node/bin/napi-v6/${process.platform}/${process.arch}/onnxruntime_binding.node`,
    ]);
    const bytes = [...files.values()].reduce((sum, text) => sum + Number.parseInt(text, 10), 0);
    console.log(`${target}: ${installed.size} packages, ${Math.round(bytes / 1e6)} MB`);
    expect(bytes).toBeLessThan(100e6);
  });

  it('start the worker with a model from a bucket, classify a message and stay unchanged', async () => {
    const rows = await classifyOne(imageOf(target), { MODEL: `s3://${bucket}/models/tiny`, MODEL_ID: id });
    expect(rows).toEqual([{ key: 'one.jpg', status: 'classified', model: id, provider: 'cpu' }]);
  });

  it('refuse to start with an unexpected model, in one line', async () => {
    const { process: worker } = startImage(imageOf(target), {
      MODEL: `s3://${bucket}/models/tiny`,
      MODEL_ID: 'tiny@000000000000',
      CROPS_QUEUE_URL: await aws.makeQueue(),
      RESULTS: 's3://unused',
      AWS_ENDPOINT: aws.endpoint,
      HEALTH_PORT: '0',
    });
    const output = outputOf(worker);
    expect(await once(worker, 'close')).toEqual([1, null]);
    expect(output()).toBe(
      `inception-batch worker: expected the model tiny@000000000000, found ${id} in s3://${bucket}/models/tiny\n`,
    );
  });
});

it.skipIf(existsSync('/dev/nvidia0'))('the GPU image refuses to start without a GPU, in one line', async () => {
  const { process: worker } = startImage(imageOf('gpu'), {
    MODEL: `s3://${bucket}/models/tiny`,
    CROPS_QUEUE_URL: await aws.makeCropsQueue(),
    RESULTS: 's3://unused',
    AWS_ENDPOINT: aws.endpoint,
    HEALTH_PORT: '0',
    TMPDIR: await writableFolder(),
  });
  const output = outputOf(worker);
  expect(await once(worker, 'close')).toEqual([1, null]);
  expect(output()).toMatch(/^inception-batch worker: [^\n]*cuda[^\n]*\n$/);
});

it('an image that contains the model needs no bucket for it', async () => {
  const into = join(folder, 'baked');
  await mkdir(into);
  const dockerfile = join(repository, 'lambdas/classify/image/Dockerfile.baked');
  const args = { WORKER: 'cpu' };
  Object.assign(images, await assembleImages(dockerfile, { context: model, into, args, images }));
  expect(await classifyOne(imageOf('0'), {})).toMatchObject([{ key: 'one.jpg', status: 'classified', model: id }]);
});
