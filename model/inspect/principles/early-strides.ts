import type { MapPath } from './blocks.ts';
import { type Check, checkOf, type Finding } from './finding.ts';
import { endsOf, stagesOf } from './stages.ts';

/** A factor of two for each layer with weights: what a layer did not describe yet is lost with the pixels. */
const maxStride = 1;
/** A stage describes each of its larger areas with more channels than the stage before. */
const minGrowth = 1;

/**
 * Principle 2: representations with more dimensions are easier to process locally. Resolution is given away only after
 * layers that can turn it into channels.
 */
export function checkEarlyStrides({ blocks }: MapPath): Check[] {
  const stages = stagesOf(blocks);
  const reductions = blocks.flatMap((block, index): Finding[] => {
    const { stride, layer } = block.last;
    const before = blocks[index - 1]?.last.stride ?? [1, 1];
    if (stride[0] * stride[1] <= before[0] * before[1]) return [];
    const total = Math.sqrt(stride[0] * stride[1]);
    const layers = `${layer.depth} ${layer.depth === 1 ? 'layer' : 'layers'} with weights`;
    return [{ layers: [block.name], value: total / 2 ** layer.depth, detail: `stride ${total} after ${layers}` }];
  });
  const growths = stages.slice(1).map((stage, index): Finding => {
    const { channels = 1 } = stages[index] ?? {};
    return {
      layers: endsOf(stage),
      value: stage.channels / channels,
      detail: `${stage.channels} channels after ${channels}`,
    };
  });
  return [
    checkOf({ principle: 2, name: 'stride / 2^layers with weights', limit: maxStride, finding: 'above' }, reductions),
    checkOf({ principle: 2, name: 'growth of channels between stages', limit: minGrowth, finding: 'below' }, growths),
  ];
}
