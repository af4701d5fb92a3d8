import { resolve } from 'node:path';
import { DockerBuildSecret } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';
import { workerImageFolder } from './assets.ts';
import type { Settings } from './settings.ts';

/** The GPU worker's image, which `cdk deploy` builds and pushes. Its hash changes only with what is in the image. */
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
    // Where the same packages come from changes nothing in the image.
    invalidation: { buildArgs: false, buildSecrets: false },
  });
}
