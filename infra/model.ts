import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { checkTransport } from '../shared/crops/transport.ts';
import { UserError } from '../shared/failures/user-error.ts';
import { manifestFile, parseManifestFile } from '../shared/models/model-directory.ts';
import {
  cropRuleForCount,
  type ModelManifest,
  modelId,
  preprocessWithCropRule,
} from '../shared/models/model-manifest.ts';
import { makeLogGroup } from './make-function.ts';
import type { Settings } from './settings.ts';

/** Where a model lies that was put there by hand. */
const byHand = 'model';

/**
 * The model that is served. Given as a folder it is deployed under a prefix of its own, named for its digest, and
 * nothing else is served: functions and workers change from one to the other when they are deployed, never in between.
 */
export class Model extends Construct {
  /** `s3://bucket/prefix` of the model directory. */
  readonly place: string;
  /** Prefix of its keys. */
  readonly prefix: string;
  /** The only model that may be served; undefined for whatever lies there. */
  readonly id: string | undefined;
  /** What workers have to wait for, where the model is deployed too. */
  readonly deployment: BucketDeployment | undefined;

  constructor(scope: Construct, id: string, { bucket, settings }: { bucket: IBucket; settings: Settings }) {
    super(scope, id);
    const { model: folder } = settings;
    const manifest = folder === undefined ? undefined : manifestOf(folder);
    if (manifest) refuseTransport(manifest, settings);
    this.id = manifest && modelId(manifest);
    this.prefix = this.id ?? byHand;
    this.place = `s3://${bucket.bucketName}/${this.prefix}`;
    if (folder === undefined) return;
    this.deployment = new BucketDeployment(this, 'Deployment', {
      sources: [Source.asset(resolve(folder))],
      destinationBucket: bucket,
      destinationKeyPrefix: this.prefix,
      // Workers that run on for a while still have the model before; a prefix of its own is never overwritten.
      prune: false,
      retainOnDelete: true,
      memoryLimit: 512,
      logGroup: makeLogGroup(this, 'Log', settings),
    });
  }
}

/** @throws {UserError} when the folder holds no model, or another network than its manifest names */
function manifestOf(folder: string): ModelManifest {
  const path = join(folder, manifestFile);
  if (!existsSync(path)) {
    throw new UserError(`wrong settings: model should be the folder of a model directory, there is no ${path}`);
  }
  const manifest = parseManifestFile(readFileSync(path), path);
  const network = join(folder, manifest.file);
  const sha256 = existsSync(network) ? createHash('sha256').update(readFileSync(network)).digest('hex') : 'no file';
  if (sha256 === manifest.sha256) return manifest;
  throw new UserError(`wrong settings: model: expected the network ${manifest.sha256} in ${network}, got ${sha256}`);
}

/** @throws {UserError} when crops of this model cannot go as they are meant to */
function refuseTransport({ preprocess }: ModelManifest, { transport, crops }: Settings): void {
  const rule = cropRuleForCount(Number(crops));
  checkTransport(transport, rule === undefined ? preprocess : preprocessWithCropRule(preprocess, rule));
}
