import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { DockerBuildSecret } from 'aws-cdk-lib';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';
import { UserError } from '../shared/failures/user-error.ts';
import { workerImageFolder } from './assets.ts';
import type { Settings } from './settings.ts';

/** The worker's image, which `cdk deploy` builds and pushes. Its hash changes only with what may be in the image. */
export function makeWorkerImage(
  scope: Construct,
  id: string,
  { classifier, npmRegistry, nugetFeed, caBundle }: Settings,
): DockerImageAsset {
  if (caBundle !== undefined) checkCertificates(caBundle);
  return new DockerImageAsset(scope, id, {
    directory: workerImageFolder(),
    target: classifier === 'cpu' ? 'cpu' : 'gpu',
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

/** @throws {UserError} if a file contains no certificates: the build would fail minutes later, or ignore it */
function checkCertificates(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() && readFileSync(path, 'latin1').includes('-----BEGIN CERTIFICATE-----')) return;
  const problem = found === undefined ? 'is missing' : 'contains no certificates in PEM format';
  throw new UserError(`wrong settings: caBundle: ${path} ${problem}`);
}
