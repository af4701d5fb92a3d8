import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ensembleModel } from '../../../model/ensemble/ensemble-model.ts';
import type { Graph } from '../../../model/graph/graph.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeMember } from '../../support/write-member.ts';

const folder = temporaryFolder();

/** With a weight that an optimized form lacks. */
function withUnusedWeight(graph: Graph): Graph {
  const unused = makeTensor('unused', [1], Float32Array.of(1));
  return { ...graph, initializers: new Map([...graph.initializers, [unused.name, unused]]) };
}

describe('a network that would count twice is refused', () => {
  it('in two directories', async () => {
    const sources = [await writeMember({ name: 'x' }), await writeMember({ name: 'y' })];
    await expect(ensembleModel({ sources, out: join(folder, 'refused') })).rejects.toThrow(
      /^the same model twice: \S+\/x and \S+\/y have the same network; give it once$/,
    );
  });

  it('in two files, and as a part of an ensemble that does not name it', async () => {
    const [x, unused] = [await writeMember({ name: 'x' }), await writeMember({ name: 'y', edit: withUnusedWeight })];
    const other = await writeMember({ name: 'other', channels: 5 });
    const both = (await ensembleModel({ sources: [unused, other], out: join(folder, 'both') })).directory;
    for (const [sources, reason] of [
      [[x, unused], `${x} and ${unused} have the same layers`],
      [[x, both], `${both} has all layers of ${x}`],
      [[both, x], `${both} has all layers of ${x}`],
    ] as const) {
      await expect(ensembleModel({ sources, out: join(folder, 'refused') })).rejects.toThrow(
        `the same model twice: ${reason}; give it once`,
      );
    }
  });

  it('as it is and optimized', async () => {
    const source = await writeMember({ name: 'plain' });
    const fast = join(folder, 'optimized');
    await optimizeModel({ source, out: fast, mergeSiblings: true });
    for (const sources of [
      [source, fast],
      [fast, source],
    ]) {
      await expect(ensembleModel({ sources, out: join(folder, 'refused') })).rejects.toThrow(
        `the same model twice: ${fast} was made from ${source}; give it once`,
      );
    }
  });

  it('as a part of two members', async () => {
    const [a, b, c] = [
      // Optimizing changes it.
      await writeMember({ name: 'a', edit: withUnusedWeight }),
      await writeMember({ name: 'b', channels: 5 }),
      await writeMember({ name: 'c', channels: 7 }),
    ];
    const ensemble = async (name: string, sources: string[]) =>
      (await ensembleModel({ sources, name, out: join(folder, name) })).directory;
    const optimized = async (name: string, source: string) =>
      (await optimizeModel({ source, out: join(folder, name), mergeSiblings: true })).directory;
    const fast = await optimized('fast-a', a);
    const [ab, ba, fastC] = [
      await ensemble('ab', [a, b]),
      await ensemble('ba', [b, a]),
      await ensemble('fast-a-and-c', [fast, c]),
    ];
    const fastAb = await optimized('fast-ab', ab);
    const { id } = await loadModel(a);
    for (const [sources, reason] of [
      [[ab, ba], `${ab} and ${ba} both contain ${id}`],
      [[ab, fastC], `${ab} and ${fastC} both contain ${id}`],
      [[fast, ab], `${fast} and ${ab} were both made from ${id}`],
      [[ab, a], `${ab} contains ${a}`],
      [[a, fastC], `${fastC} contains ${a}`],
      [[fastAb, a], `${fastAb} contains ${a}`],
      [[ab, fastAb], `${fastAb} was made from ${ab}`],
    ] as const) {
      await expect(ensembleModel({ sources, out: join(folder, 'refused') })).rejects.toThrow(
        `the same model twice: ${reason}; give it once`,
      );
    }
    const { manifest } = await ensembleModel({ sources: [ab, c], out: join(folder, 'nested') });
    expect(manifest.derivedFrom).toEqual(
      await Promise.all([ab, c, a, b].map(async (each) => (await loadModel(each)).id)),
    );
  });
});
