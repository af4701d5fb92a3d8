import type { Graph } from '../../graph/graph.ts';
import { readMapPath } from './blocks.ts';
import { checkBottlenecks } from './bottlenecks.ts';
import { checkEarlyStrides } from './early-strides.ts';
import type { Check } from './finding.ts';
import { checkSpatialAggregation } from './spatial-aggregation.ts';
import { type Stage, stagesOf } from './stages.ts';
import { checkWidthAndDepth } from './width-and-depth.ts';

/** Maps of one stride. */
export interface StageSummary extends Omit<Stage, 'blocks'> {
  /** Elements of the smallest cut. */
  readonly smallestCut: number;
}

/** A network read by the general design principles of Szegedy et al., Rethinking the Inception Architecture (2015), section 2. */
export interface Principles {
  /** Shape of the image. */
  readonly image: readonly number[];
  readonly stages: readonly StageSummary[];
  readonly checks: readonly Check[];
}

/** @throws {UserError} if the network does not take a single image, does not run, or has subgraphs */
export async function checkPrinciples(graph: Graph): Promise<Principles> {
  const path = await readMapPath(graph);
  return {
    image: path.image,
    stages: stagesOf(path.blocks).map(({ blocks, ...stage }) => ({
      ...stage,
      smallestCut: Math.min(...blocks.map(({ cut }) => cut.size)),
    })),
    checks: [
      ...checkBottlenecks(path),
      ...checkEarlyStrides(path),
      ...checkSpatialAggregation(path),
      ...checkWidthAndDepth(path),
    ],
  };
}
