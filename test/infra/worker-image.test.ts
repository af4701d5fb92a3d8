import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { parseSettings } from '../../infra/settings.ts';
import { makeWorkerImage } from '../../infra/worker-image.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { newApp } from './new-app.ts';

const manifestSchema = z.object({
  dockerImages: z.record(
    z.string(),
    z.object({
      source: z.object({
        directory: z.string(),
        dockerBuildTarget: z.string(),
        dockerBuildArgs: z.record(z.string(), z.string()).default({}),
        dockerBuildSecrets: z.record(z.string(), z.string()).default({}),
        platform: z.string(),
      }),
    }),
  ),
});

const caBundle = join(temporaryFolder(), 'corporate.pem');
writeFileSync(caBundle, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');

/** The image that a deployment would build, and its hash. */
function imageWith(settings: Record<string, unknown> = {}) {
  const app = newApp({ builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'images');
  makeWorkerImage(stack, 'Image', parseSettings(settings));
  const { directory } = app.synth();
  const { dockerImages } = manifestSchema.parse(
    JSON.parse(readFileSync(join(directory, 'images.assets.json'), 'utf8')),
  );
  const [[hash, { source }] = [undefined, { source: undefined }]] = Object.entries(dockerImages);
  return { hash, source };
}

it('is the GPU target, built from the staged folder', () => {
  const { hash, source } = imageWith();
  expect(source).toMatchObject({ dockerBuildTarget: 'gpu', platform: 'linux/amd64', dockerBuildArgs: {} });
  expect(hash).toBe(source?.directory.replace('asset.', 'worker-'));
});

it('is the CPU target for workers on CPUs', () => {
  expect(imageWith({ classifier: 'cpu' }).source).toMatchObject({ dockerBuildTarget: 'cpu', platform: 'linux/amd64' });
});

it('can be built behind a proxy: its packages come from the given registries, and a CA bundle is trusted', () => {
  const { hash, source } = imageWith({
    npmRegistry: 'https://packages.example.org/npm/',
    nugetFeed: 'https://packages.example.org/nuget/v3/index.json',
    caBundle,
  });
  expect(source).toMatchObject({
    dockerBuildArgs: {
      NPM_CONFIG_REGISTRY: 'https://packages.example.org/npm/',
      NUGET_FEED: 'https://packages.example.org/nuget/v3/index.json',
    },
    dockerBuildSecrets: { 'ca-bundle': `src=${caBundle}` },
  });
  expect(hash).toBe(imageWith({ nugetFeed: 'https://packages.example.org/nuget/v3/index.json' }).hash);
});

it('is built again with another feed, whose CUDA provider no digest is known of, and not with another registry', () => {
  const { hash } = imageWith();
  expect(imageWith({ npmRegistry: 'https://packages.example.org/npm/', caBundle }).hash).toBe(hash);
  const feeds = ['https://one.example.org/index.json', 'https://other.example.org/index.json'];
  const hashes = [hash, ...feeds.map((nugetFeed) => imageWith({ nugetFeed }).hash)];
  expect(new Set(hashes).size).toBe(3);
});

it('is refused with a CA bundle that is missing or contains no certificate', () => {
  expect(() => imageWith({ caBundle: '/no/ca.pem' })).toThrow('wrong settings: caBundle: /no/ca.pem is missing');
  const empty = join(temporaryFolder(), 'empty.pem');
  writeFileSync(empty, '');
  for (const path of [empty, temporaryFolder()]) {
    expect(() => imageWith({ caBundle: path })).toThrow(`${path} contains no certificates in PEM format`);
  }
});
