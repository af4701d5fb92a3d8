import { Tags } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** The tag whose value is the stage: with it, Cost Explorer and the budget tell deployments apart. */
export const stageTag = 'inception-batch-stage';

/** Tags a construct and everything in it for cost reports. */
export function addCostTags(construct: IConstruct, { stage }: { readonly stage: string }): void {
  Tags.of(construct).add('project', 'inception-batch');
  Tags.of(construct).add(stageTag, stage);
}
