import { Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { UserError } from '../shared/failures/user-error.ts';
import type { Settings } from './settings.ts';

interface Pipeline {
  readonly settings: Settings;
  /** Undefined if the pipeline creates it. */
  readonly dropBucket: IBucket | undefined;
}

const pipelines = new WeakMap<IConstruct, Pipeline>();

/**
 * Registers a pipeline of an app.
 * @throws {UserError} if another one in the same account and region has its stage, which dashboards and workgroups are named
 * for, or watches the same keys of its bucket: S3 refuses notifications that overlap
 */
export function refuseConflicts(construct: IConstruct, pipeline: Pipeline): void {
  for (const other of construct.node.root.node.findAll()) {
    const found = pipelines.get(other);
    if (found === undefined || Stack.of(other).environment !== Stack.of(construct).environment) continue;
    const { stage } = pipeline.settings;
    if (found.settings.stage === stage) {
      throw new UserError(`wrong settings: ${other.node.path} has the stage "${stage}" already: give another stage`);
    }
    const [before, after] = [found.settings.dropPrefix ?? '', pipeline.settings.dropPrefix ?? ''];
    const overlap = before.startsWith(after) || after.startsWith(before);
    if (!overlap || pipeline.dropBucket === undefined || !isSame(pipeline.dropBucket, found.dropBucket)) continue;
    throw new UserError(
      `wrong settings: ${other.node.path} watches ${before === '' ? 'all' : `"${before}"`} of this dropBucket: give dropPrefixes that do not overlap`,
    );
  }
  pipelines.set(construct, pipeline);
}

function isSame(bucket: IBucket, other: IBucket | undefined): boolean {
  return bucket === other || bucket.bucketName === other?.bucketName;
}
