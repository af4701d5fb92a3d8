import { resolve } from 'node:path';
import { DockerBuildSecret } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';
import { workerImageFolder } from './assets.ts';
import type { Settings } from './settings.ts';

/** The GPU worker's image, which `cdk deploy` builds and pushes. Its hash changes only with what may be in the image. */
export function makeWorkerImage(
  scope: Construct,
  id: string,
  { npmRegistry, nugetFeed, caBundle }: Settings,
): DockerImageAsset {
  return new DockerImageAsset(scope, id, {
    directory: workerImageFolder(),
    target: 'gpu',
    platform: Platform.LINUX_AMD64,
    assetName: 'worker',
    buildArgs: {
      ...(npmRegistry === undefined ? {} : { NPM_CONFIG_REGISTRY: npmRegistry }),
      ...(nugetFeed === undefined ? {} : { NUGET_FEED: nugetFeed }),
    },
    ...(caBundle === undefined ? {} : { buildSecrets: { 'ca-bundle': DockerBuildSecret.fromSrc(resolve(caBundle)) } }),
    // The lock has the digests of npm's packages, so the registry changes nothing. No digest of the CUDA provider is known
    // here: another feed may serve another one.
    invalidation: { buildArgs: false, buildSecrets: false },
    ...(nugetFeed === undefined ? {} : { extraHash: nugetFeed }),
  });
}
