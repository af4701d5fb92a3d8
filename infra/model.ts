import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { checkTransport } from '../shared/crops/transport.ts';
import { UserError } from '../shared/failures/user-error.ts';
import { cropRuleForCount } from '../shared/models/crop-rule.ts';
import { manifestFile, parseManifestFile } from '../shared/models/model-directory.ts';
import { type ModelManifest, modelId, preprocessWithChoice } from '../shared/models/model-manifest.ts';
import { makeLogGroup } from './make-function.ts';
import type { Settings } from './settings.ts';

/** Prefix of a model that is uploaded by hand instead of deployed from a folder. */
const manualPrefix = 'model';

/**
 * The model that is served. A folder is deployed under a prefix that contains its digest, and only
 * that model is served: functions and workers change models only when they are deployed.
 */
export class Model extends Construct {
  /** `s3://bucket/prefix` of the model directory. */
  readonly url: string;
  /** Key prefix of the model directory, without a slash at the end. */
  readonly prefix: string;
  /** The only model that may be served; undefined if the model is uploaded by hand. */
  readonly id: string | undefined;
  /** The upload that functions and workers depend on; undefined if the model is uploaded by hand. */
  readonly deployment: BucketDeployment | undefined;

  constructor(scope: Construct, id: string, { bucket, settings }: { bucket: IBucket; settings: Settings }) {
    super(scope, id);
    const { model: folder } = settings;
    const manifest = folder === undefined ? undefined : manifestOf(folder);
    if (manifest) checkCropTransport(manifest, settings);
    this.id = manifest && modelId(manifest);
    this.prefix = this.id ?? manualPrefix;
    this.url = `s3://${bucket.bucketName}/${this.prefix}`;
    if (folder === undefined) return;
    this.deployment = new BucketDeployment(this, 'Deployment', {
      sources: [Source.asset(resolve(folder))],
      destinationBucket: bucket,
      destinationKeyPrefix: this.prefix,
      // Workers that are still running use the previous model.
      prune: false,
      retainOnDelete: true,
      memoryLimit: 512,
      logGroup: makeLogGroup(this, 'Log', settings),
    });
  }
}

/** @throws {UserError} if the folder is not a model directory, or its network is not the one of its manifest */
function manifestOf(folder: string): ModelManifest {
  const path = join(folder, manifestFile);
  if (!isFile(path)) {
    throw new UserError(`wrong settings: model "${folder}" is not a model directory: ${path} is missing`);
  }
  const manifest = parseManifestFile(readFileSync(path), path);
  const network = join(folder, manifest.file);
  if (!isFile(network)) throw new UserError(`wrong settings: model "${folder}" is incomplete: ${network} is missing`);
  const sha256 = createHash('sha256').update(readFileSync(network)).digest('hex');
  if (sha256 === manifest.sha256) return manifest;
  throw new UserError(
    `wrong settings: ${network} is not the network of its manifest: sha256 ${sha256} instead of ${manifest.sha256}`,
  );
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** @throws {UserError} if the chosen transport cannot carry the crops of this model */
function checkCropTransport({ preprocess }: ModelManifest, { transport, crops, regions }: Settings): void {
  checkTransport(transport, preprocessWithChoice(preprocess, { crops: cropRuleForCount(crops), regions }));
}
