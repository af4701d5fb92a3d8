import type { Block } from './blocks.ts';

/** Consecutive blocks with the same stride. */
export interface Stage {
  /** Pixels of the image between two adjacent elements: down, across. */
  readonly stride: readonly [number, number];
  /** Height and width of the first map. */
  readonly grid: readonly [number, number];
  /** Of the widest map. */
  readonly channels: number;
  /** Layers with weights on the longest path through the stage. */
  readonly depth: number;
  readonly multiplyAdds: number;
  readonly blocks: readonly Block[];
}

export function stagesOf(blocks: readonly Block[]): Stage[] {
  const runs: Block[][] = [];
  for (const block of blocks) {
    const run = runs.at(-1);
    if (run !== undefined && sameStride(run[0], block)) run.push(block);
    else runs.push([block]);
  }
  let depthBefore = 0;
  return runs.flatMap((run) => {
    const [first] = run;
    if (first === undefined) return [];
    const layers = run.flatMap((block) => block.layers.map(({ layer }) => layer));
    const depthAfter = Math.max(...layers.map(({ depth }) => depth));
    const stage = {
      stride: first.last.stride,
      grid: [first.map[1], first.map[2]] as const,
      channels: Math.max(...run.map(({ map: [channels] }) => channels)),
      depth: depthAfter - depthBefore,
      multiplyAdds: layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
      blocks: run,
    };
    depthBefore = depthAfter;
    return [stage];
  });
}

/** Names of the first and the last block with weights; of a stage without weights, of the first block. */
export function endsOf({ blocks }: Stage): string[] {
  const weighted = blocks.filter((block) => block.layers.some(({ layer }) => layer.isWeighted));
  const names = (weighted.length === 0 ? blocks.slice(0, 1) : weighted).map(({ name }) => name);
  const [first, last] = [names[0], names.at(-1)];
  return first === undefined || last === undefined || first === last ? names.slice(0, 1) : [first, last];
}

function sameStride(a: Block | undefined, b: Block): boolean {
  return a !== undefined && a.last.stride[0] === b.last.stride[0] && a.last.stride[1] === b.last.stride[1];
}
