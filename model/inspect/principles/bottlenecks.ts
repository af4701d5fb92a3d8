import { elementCount } from '../../onnx/tensor.ts';
import type { Block, MapPath } from './blocks.ts';
import { type Check, checkOf, type Finding } from './finding.ts';
import { type Stage, stagesOf } from './stages.ts';

/**
 * The paper halves the grid and doubles the width in the same block: half of the elements remain. A pool of an unchanged
 * width leaves a quarter. The limit is between them.
 */
const minKept = 1 / 3;
/** The border that a pool without padding leaves out costs up to 17 % (13×13 to 6×6); more is the lack of width. */
const maxGain = 1.2;

/**
 * Principle 1: avoid representational bottlenecks, especially early in the network. Every value passes each cut between the
 * image and the last map; a cut cannot let through more than the smallest one before it did.
 */
export function checkBottlenecks({ imageValues, blocks }: MapPath): Check[] {
  const stages = stagesOf(blocks);
  const cuts: Finding[] = [];
  const reductions: Finding[] = [];
  let smallest = imageValues;
  for (const [index, block] of blocks.entries()) {
    const { cut } = block;
    const previous = blocks[index - 1];
    cuts.push({
      layers: layersOfCut(block),
      value: cut.size / smallest,
      detail: `${count(cut.size)} values, at most ${count(smallest)} before`,
    });
    const gain = previous && gainOfWidening(previous, block, { stages, smallest });
    if (gain !== undefined) reductions.push(gain);
    smallest = Math.min(smallest, cut.size);
  }
  return [
    checkOf({ principle: 1, name: 'share kept by a cut', limit: minKept, finding: 'below' }, cuts),
    checkOf({ principle: 1, name: 'gain from widening before pooling', limit: maxGain, finding: 'above' }, reductions),
  ];
}

/**
 * For a block that reduces the grid without more channels, as in figure 9 (left): how much more could pass if it had the width
 * that its stage reaches later.
 */
function gainOfWidening(
  previous: Block,
  block: Block,
  { stages, smallest }: { stages: readonly Stage[]; smallest: number },
): Finding | undefined {
  const [channels] = block.map;
  const reduces = area(block) > area(previous);
  const within = stages.find(({ blocks }) => blocks.includes(block))?.blocks ?? [];
  const largest = within.reduce((most, { map }) => (elementCount(map) > elementCount(most) ? map : most), block.map);
  if (!reduces || channels > previous.map[0] || largest[0] <= channels) return undefined;
  return {
    layers: [block.name],
    value: Math.min(smallest, elementCount(largest)) / block.cut.size,
    detail: `${mapText(previous.map)} to ${mapText(block.map)}, later ${mapText(largest)}`,
  };
}

function area({ last: { stride } }: Block): number {
  return stride[0] * stride[1];
}

function layersOfCut({ layers, cut }: Block): string[] {
  const values = new Set(cut.values);
  return layers.flatMap(({ layer }) => (layer.outputs.some((value) => values.has(value)) ? [layer.name] : []));
}

function mapText([channels, height, width]: Block['map']): string {
  return `${height}×${width}×${channels}`;
}

function count(elements: number): string {
  return elements.toLocaleString('en');
}
