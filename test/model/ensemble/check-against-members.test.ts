import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAgainstMembers } from '../../../model/ensemble/check-against-members.ts';
import { ensembleModel } from '../../../model/ensemble/ensemble-model.ts';
import { type Graph, graphOf, modelOf } from '../../../model/graph/graph.ts';
import { isOperator, makeNode } from '../../../model/graph/node.ts';
import { decodeModel, encodeModel } from '../../../model/onnx/model-file.ts';
import type { NodeProto } from '../../../model/onnx/onnx_pb.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { cropPhoto, listFolder } from '../../../model/verify/photo-folder.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeMember } from '../../support/write-member.ts';

/** Three members of an ensemble that was written: the same image, one that is cut out, and one that is resized. */
async function ensemble() {
  const resize = { rule: 'warp', width: 45, height: 45 } as const;
  const sources = [
    await writeMember({ name: 'whole', size: 40, preprocess: { resize } }),
    await writeMember({ name: 'cut', size: 32, channels: 5, preprocess: { resize }, labels: ['d', 'c', 'b', 'a'] }),
    await writeMember({
      name: 'small',
      size: 32,
      channels: 7,
      preprocess: { resize: { ...resize, width: 36, height: 36 } },
    }),
  ];
  const out = join(temporaryFolder(), 'ensemble');
  await ensembleModel({ sources, out });
  const [whole, cut, small] = await Promise.all(sources.map(loadModel));
  if (whole === undefined || cut === undefined || small === undefined) throw new Error('expected three models');
  const members = [
    { model: whole, fit: { kind: 'same' }, order: undefined, embeds: true },
    { model: cut, fit: { kind: 'cut', top: 4, left: 4, height: 32, width: 32 }, order: [3, 2, 1, 0], embeds: true },
    { model: small, fit: { kind: 'resize', height: 32, width: 32 }, order: undefined, embeds: true },
  ] as const;
  return { model: await loadModel(out), members };
}

/** The ensemble with other nodes. */
async function changed(edit: (node: NodeProto) => readonly NodeProto[], more: Graph['initializers'] = new Map()) {
  const { model, members } = await ensemble();
  const graph = graphOf(decodeModel(model.network));
  const nodes = graph.nodes.flatMap(edit);
  const network = encodeModel(modelOf({ ...graph, nodes, initializers: new Map([...graph.initializers, ...more]) }));
  return { model: { ...model, network }, members };
}

describe('the comparison of an ensemble with its members', () => {
  it('accepts the mean of the probabilities to 1e-6, and equal embeddings', async () => {
    const { model, members } = await ensemble();
    const { maxDifference, embeddingDifference } = await checkAgainstMembers(model, members);
    expect(maxDifference).toBeLessThan(1e-6);
    expect(embeddingDifference).toBe(0);
  });

  it('refuses probabilities that are off by 3e-6', async () => {
    const shift = makeTensor('shift', [], Float32Array.of(3e-6));
    const { model, members } = await changed(
      (node) =>
        node.name === 'mean'
          ? [{ ...node, output: ['exact'] }, makeNode('Add', ['exact', 'shift'], ['probabilities'])]
          : [node],
      new Map([['shift', shift]]),
    );
    await expect(checkAgainstMembers(model, members)).rejects.toThrow(
      /^the ensemble differs from the mean of its members: probabilities differ by [23]\.\de-6 \(tolerance 0\.000001\); /,
    );
  });

  it('refuses embeddings in another order', async () => {
    const { model, members } = await changed((node) => [
      isOperator(node, 'Concat') && node.output[0] === 'embedding' ? { ...node, input: node.input.toReversed() } : node,
    ]);
    await expect(checkAgainstMembers(model, members)).rejects.toThrow(
      /^the ensemble differs from its members: embeddings differ by /,
    );
  });

  it('refuses an embedding without that of a member', async () => {
    const { model, members } = await ensemble();
    const [whole, cut, small] = members;
    const without = [whole, { ...cut, embeds: false }, small];
    await expect(checkAgainstMembers(model, without)).rejects.toThrow('embeddings differ by Infinity');
  });

  it.each([
    ['another part of the image', { kind: 'cut', top: 4, left: 5, height: 32, width: 32 }],
    ['a resized image instead of its center', { kind: 'resize', height: 32, width: 32 }],
  ] as const)('refuses a member that sees %s', async (_, fit) => {
    const { model, members } = await ensemble();
    const [whole, cut, small] = members;
    await expect(checkAgainstMembers(model, [whole, { ...cut, fit }, small])).rejects.toThrow('differs from');
  });
});

describeWithFixtures('an ensemble of photos', (fixtures) => {
  it('has the mean of the probabilities to 1e-6, and equal embeddings', async () => {
    const { model, members } = await ensemble();
    const photos = (await listFolder(join(fixtures, 'photos'))).slice(0, 24);
    const crops = await Promise.all(photos.map((photo) => cropPhoto(photo, model.manifest.preprocess)));
    const images = crops.filter((crop) => crop instanceof Uint8Array);
    expect(images).toHaveLength(photos.length);
    const { maxDifference, embeddingDifference } = await checkAgainstMembers(model, members, images);
    expect(maxDifference).toBeLessThan(1e-6);
    expect(embeddingDifference).toBe(0);
  });
});
