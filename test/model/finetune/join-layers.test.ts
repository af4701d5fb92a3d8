import { describe, expect, it } from 'vitest';
import { joinLayers } from '../../../model/finetune/join-layers.ts';
import { graphOf, modelOf } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { buildModel } from '../../../model/networks/build-model.ts';
import { decodeModel, encodeModel } from '../../../model/onnx/model-file.ts';
import { predictCrops } from '../../../model/verify/predict-crops.ts';
import { syntheticCrops } from '../../../model/verify/synthetic-crops.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import { makeTinyModel } from '../../support/make-tiny-model.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const directory = temporaryFolder();
await buildModel({ network: 'compact-inception', width: 0.5, out: directory });
const inception = await loadModel(directory);
const crops = syntheticCrops(3, inception.manifest.preprocess.crop);
const predict = ({ network, manifest }: Model) => predictCrops(crops, network, manifest);

/** The means over positions of an intermediate value [N, channels, height, width]. */
async function meansOf(value: string, channels: number): Promise<number[][]> {
  const graph = graphOf(decodeModel(inception.network));
  const { outputs } = inception.manifest;
  const exposed = graph.outputs.map((output) =>
    output.name === outputs.embedding ? makeValue('flat', 'float', ['N', 'size']) : output,
  );
  const network = encodeModel(
    modelOf({ ...graph, outputs: exposed, nodes: [...graph.nodes, makeNode('Flatten', [value], ['flat'])] }),
  );
  const manifest = { ...inception.manifest, outputs: { ...outputs, embedding: 'flat' } };
  return (await predictCrops(crops, network, manifest)).map(({ embedding }) => {
    const positions = embedding.length / channels;
    return Array.from({ length: channels }, (_, channel) => {
      const map = embedding.subarray(channel * positions, (channel + 1) * positions);
      return map.reduce((sum, pixel) => sum + pixel, 0) / positions;
    });
  });
}

describe('joinLayers', () => {
  it('appends the means of the module before the last one, and keeps everything else', async () => {
    const joined = await joinLayers(inception, 2);
    const modules = graphOf(decodeModel(inception.network)).nodes.filter(({ opType }) => opType === 'Concat');
    const size = inception.manifest.outputs.embeddingSize;
    const [before, after] = [await predict(inception), await predict(joined)];
    const channels = joined.manifest.outputs.embeddingSize - size;
    const means = await meansOf(modules.at(-2)?.output[0] ?? '', channels);
    for (const [image, { embedding, probabilities }] of after.entries()) {
      expect(embedding.length).toBe(size + channels);
      expect(embedding.subarray(0, size)).toEqual(before[image]?.embedding);
      expect(probabilities).toEqual(before[image]?.probabilities);
      for (const [at, mean] of (means[image] ?? []).entries()) expect(embedding[size + at]).toBeCloseTo(mean, 4);
    }
    expect(joined.id).not.toBe(inception.id);
  });

  it('is the same model for one layer', async () => {
    expect(await joinLayers(inception, 1)).toBe(inception);
  });

  it('rejects a network with fewer inception modules', async () => {
    await expect(joinLayers(await loadModel(await makeTinyModel()), 2)).rejects.toThrow(
      'has 0 inception modules: give at most --layers 1',
    );
  });
});
