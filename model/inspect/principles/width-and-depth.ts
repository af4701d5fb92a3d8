import type { MapPath } from './blocks.ts';
import { type Check, checkOf, type Finding, percent } from './finding.ts';
import { endsOf, stagesOf } from './stages.ts';

const maxImbalance = 3;

/**
 * Principle 4: balance the width and depth of the network. The computation of a stage grows with its width; its share should
 * not be far from the share of its layers in the depth.
 */
export function checkWidthAndDepth({ blocks }: MapPath): Check[] {
  const stages = stagesOf(blocks).filter(({ depth, multiplyAdds }) => depth > 0 && multiplyAdds > 0);
  const total = stages.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
  const totalDepth = stages.reduce((sum, { depth }) => sum + depth, 0);
  const measured = stages.map((stage): Finding => {
    const { depth, multiplyAdds, channels } = stage;
    const share = multiplyAdds / total;
    const ratio = share / (depth / totalDepth);
    return {
      layers: endsOf(stage),
      value: Math.max(ratio, 1 / ratio),
      detail:
        `${percent(share)} of the multiply-adds, ${depth} of ${totalDepth} layers, up to ${channels} channels: ` +
        `${ratio > 1 ? 'wide and shallow' : 'narrow and deep'}`,
    };
  });
  return [
    checkOf(
      { principle: 4, name: 'share of multiply-adds to share of depth', limit: maxImbalance, finding: 'above' },
      measured,
    ),
  ];
}
