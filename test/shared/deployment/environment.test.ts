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
  it('parses numbers, fills in defaults and returns a frozen object', () => {
    const config = readEnvironment(ingestEnvironment, { ...complete, MAX_ATTEMPTS: '5', OTHER: 'x' });
    expect(config).toMatchObject({ ...complete, MAX_ATTEMPTS: 5, TRANSPORT: 'auto' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('parses the crops per image to a rule, and defaults to the cheapest transport', () => {
    expect(readEnvironment(ingestEnvironment, complete)).toMatchObject({ TRANSPORT: 'auto' });
    expect(readEnvironment(ingestEnvironment, complete).CROPS).toBeUndefined();
    expect(readEnvironment(ingestEnvironment, { ...complete, CROPS: '144' })).toMatchObject({ CROPS: 'multiscale' });
    expect(() => readEnvironment(ingestEnvironment, { ...complete, CROPS: '2', TRANSPORT: 'fast' })).toThrow(
      'invalid environment: TRANSPORT is "fast", set it to how crops are sent through their queue: inline, packed, auto; ' +
        'CROPS is "2", set it to the crops per image: 1, 10 or 144',
    );
  });

  it('uses an accelerator in a container and the CPU on Lambda by default', () => {
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
      'ACCELERATOR is "gpu", set it to the accelerator: auto, tensorrt, cuda, webgpu or cpu; ' +
        'REQUIRE_GPU is "1", set it to true to exit at start without a GPU, or false; ' +
        'MIN_IMAGES_PER_SECOND is "-1", set it to the images per second below which the worker exits at start, ' +
        'a number of at least 0',
    );
  });

  it('accepts powers of two for batches, and leaves unset sizes to the accelerator', () => {
    const deployed = { ...complete, MODEL: 's3://models/googlenet' };
    expect(readEnvironment(workerEnvironment, deployed).BATCH_SIZE).toBeUndefined();
    for (const size of [1, 2, 64, 1024]) {
      expect(readEnvironment(workerEnvironment, { ...deployed, BATCH_SIZE: `${size}` }).BATCH_SIZE).toBe(size);
    }
    for (const BATCH_SIZE of ['3', '48', '100', '-8', '8.0', 'many']) {
      expect(() => readEnvironment(workerEnvironment, { ...deployed, BATCH_SIZE })).toThrow(
        `invalid environment: BATCH_SIZE is "${BATCH_SIZE}", set it to the maximum number of crops in a batch, a power of two`,
      );
    }
  });

  it('names every missing or invalid variable and its valid values', () => {
    expect(() =>
      readEnvironment(classifyEnvironment, { CROPS_QUEUE_URL: 'crops', BATCH_SIZE: '0', RESULTS: 's3://results' }),
    ).toThrow(
      'invalid environment: MODEL is not set, set it to the location of the model directory: s3://bucket/prefix or a path; ' +
        'CROPS_QUEUE_URL is "crops", set it to the URL of the crops queue; ' +
        'BATCH_SIZE is "0", set it to the maximum number of crops in a batch, a power of two',
    );
  });
});
