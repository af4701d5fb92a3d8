import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DockerBuildSecret } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';
import { stageWorkerImage } from './packing/stage-worker-image.ts';
import type { Settings } from './settings.ts';

/** The GPU worker's image, which `cdk deploy` builds and pushes. Its hash changes only with what is in the image. */
export function makeWorkerImage(
  scope: Construct,
  id: string,
  { npmRegistry, nugetFeed, caBundle }: Settings,
): DockerImageAsset {
  return new DockerImageAsset(scope, id, {
    directory: stagedImage(),
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

/** The build context of the image, made once per process; the CDK copies it into its output. */
let staged: string | undefined;

function stagedImage(): string {
  if (staged !== undefined) return staged;
  const folder = mkdtempSync(join(tmpdir(), 'inception-batch-image-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  stageWorkerImage(fileURLToPath(new URL('..', import.meta.url)), folder);
  staged = folder;
  return folder;
}
