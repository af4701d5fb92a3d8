import { describe, expect, it } from 'vitest';
import { classifyEnvironment, workerEnvironment } from '../../../lambdas/classify/config.ts';
import { ingestEnvironment } from '../../../lambdas/ingest/config.ts';
import { readEnvironment } from '../../../shared/deployment/environment.ts';

const complete = {
  MODEL_MANIFEST: 's3://models/manifest.json',
  CROPS_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/crops',
  RESULTS: 's3://results',
};

describe('readEnvironment', () => {
  it('gives numbers as numbers and what is not set its default, and cannot be changed', () => {
    const config = readEnvironment(ingestEnvironment, { ...complete, MAX_PIXELS: '1000', OTHER: 'x' });
    expect(config).toMatchObject({ ...complete, MAX_PIXELS: 1000, MAX_ATTEMPTS: 3 });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('gives crops of each image as the rule that makes them, and the transport that costs least', () => {
    expect(readEnvironment(ingestEnvironment, complete)).toMatchObject({ TRANSPORT: 'auto' });
    expect(readEnvironment(ingestEnvironment, complete).CROPS).toBeUndefined();
    expect(readEnvironment(ingestEnvironment, { ...complete, CROPS: '144' })).toMatchObject({ CROPS: 'multiscale' });
    expect(() => readEnvironment(ingestEnvironment, { ...complete, CROPS: '2', TRANSPORT: 'fast' })).toThrow(
      'wrong environment: TRANSPORT should be how crops go through their queue: inline, packed, auto, it is "fast"; ' +
        'CROPS should be crops of each image, 1, 10 or 144, it is "2"',
    );
  });

  it('looks for an accelerator in a container and for none on Lambda, and reads what must be there', () => {
    const deployed = { ...complete, MODEL: 's3://models/googlenet' };
    const unset = readEnvironment(classifyEnvironment, deployed);
    expect(unset).toMatchObject({ ACCELERATOR: 'cpu', REQUIRE_GPU: false });
    expect(unset.MIN_IMAGES_PER_SECOND).toBeUndefined();
    expect(readEnvironment(workerEnvironment, deployed)).toMatchObject({ ACCELERATOR: 'auto', REQUIRE_GPU: false });
    const strict = { ...deployed, ACCELERATOR: 'cuda', REQUIRE_GPU: 'true', MIN_IMAGES_PER_SECOND: '0.5' };
    expect(readEnvironment(workerEnvironment, strict)).toMatchObject({
      ACCELERATOR: 'cuda',
      REQUIRE_GPU: true,
      MIN_IMAGES_PER_SECOND: 0.5,
    });
    const wrong = { ...deployed, ACCELERATOR: 'gpu', REQUIRE_GPU: '1', MIN_IMAGES_PER_SECOND: '-1' };
    expect(() => readEnvironment(workerEnvironment, wrong)).toThrow(
      'ACCELERATOR should be what to compute on: auto, tensorrt, cuda, webgpu or cpu, it is "gpu"; ' +
        'REQUIRE_GPU should be true to refuse to start without a GPU, or false, it is "1"; ' +
        'MIN_IMAGES_PER_SECOND should be the images a second below which it refuses to start, a number of at least 0, ' +
        'it is "-1"',
    );
  });

  it('takes powers of two for batches, which are padded to them, and leaves what is not set to the accelerator', () => {
    const deployed = { ...complete, MODEL: 's3://models/googlenet' };
    const unset = readEnvironment(workerEnvironment, deployed);
    expect([unset.BATCH_SIZE, unset.POLLERS]).toEqual([undefined, undefined]);
    for (const size of [1, 2, 64, 1024]) {
      expect(readEnvironment(workerEnvironment, { ...deployed, BATCH_SIZE: `${size}` }).BATCH_SIZE).toBe(size);
    }
    for (const BATCH_SIZE of ['3', '48', '100', '-8', '8.0', 'many']) {
      expect(() => readEnvironment(workerEnvironment, { ...deployed, BATCH_SIZE })).toThrow(
        `wrong environment: BATCH_SIZE should be the most crops in a batch, a power of two, it is "${BATCH_SIZE}"`,
      );
    }
  });

  it('names every variable that is missing or wrong, and what it should look like', () => {
    expect(() =>
      readEnvironment(classifyEnvironment, { CROPS_QUEUE_URL: 'crops', BATCH_SIZE: '0', RESULTS: 's3://results' }),
    ).toThrow(
      'wrong environment: MODEL should be where the model directory is: s3://bucket/prefix or a path, it is not set; ' +
        'CROPS_QUEUE_URL should be the URL of the crops queue, it is "crops"; ' +
        'BATCH_SIZE should be the most crops in a batch, a power of two, it is "0"',
    );
  });
});
