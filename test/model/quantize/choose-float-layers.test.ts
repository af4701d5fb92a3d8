import { expect, it } from 'vitest';
import { intAttribute } from '../../../model/graph/attribute.ts';
import { modelOf } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { floatData, makeTensor, tensorShape } from '../../../model/onnx/tensor.ts';
import { calibrate } from '../../../model/quantize/calibrate.ts';
import { calibrateFolds } from '../../../model/quantize/calibrate-folds.ts';
import { chooseFloatLayers } from '../../../model/quantize/choose-float-layers.ts';
import { makeInt8Network } from '../../../model/quantize/int8-model.ts';
import { compareNetworks } from '../../../model/verify/agreement.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { wave } from '../../support/run-graph.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import { convolution, crops, network, size } from '../../support/uint8-network.ts';

const folder = temporaryFolder();
await writeTinyModel(folder, { size, labels: 4 });

/** Four convolutions. Those at `wide` give one channel a range that hides the others in 8 bits. */
async function floatModel(wide: boolean) {
  const layers = [
    convolution('x', 'a', 8, 3, 1),
    convolution('a', 'b', 8, 8, 1),
    convolution('b', 'c', 8, 8, 1),
    convolution('c', 'd', 8, 8, 1),
  ];
  const tensors = layers.flatMap((layer) => layer.tensors);
  const scaled = tensors.map((tensor) => {
    const data = floatData(tensor);
    // Channel 0 of b is a thousand times as large, and c reads a thousandth of it.
    const factors = data.map((_, at) => {
      if (wide && tensor.name === 'b_w' && at < 8) return 1000;
      return wide && tensor.name === 'c_w' && at % 8 === 0 ? 1 / 1000 : 1;
    });
    return makeTensor(
      tensor.name,
      tensorShape(tensor),
      data.map((value, at) => value * (factors[at] ?? 1)),
    );
  });
  const head = [
    makeNode('GlobalAveragePool', ['d'], ['mean']),
    makeNode('Flatten', ['mean'], ['embedding'], { attributes: [intAttribute('axis', 1)] }),
    makeNode('Gemm', ['embedding', 'classes'], ['logits']),
    makeNode('Softmax', ['logits'], ['probabilities']),
  ];
  const classes = makeTensor(
    'classes',
    [8, 4],
    wave(32, 2).map((value) => value / 20),
  );
  const graph = {
    ...network([...layers.flatMap((layer) => layer.nodes), ...head], [...scaled, classes], ['N', 4]),
    outputs: [makeValue('probabilities', 'float', ['N', 4]), makeValue('embedding', 'float', ['N', 8])],
  };
  const model = { ...(await loadModel(folder)), network: encodeModel(modelOf(graph)) };
  return { source: folder, model, graph };
}

it('leaves all layers in int8 if the network agrees', async () => {
  const float = await floatModel(false);
  const observations = await calibrate(float.graph, float.model.manifest, crops);
  const costs: number[] = [];
  const choice = await chooseFloatLayers(float, [{ crops, observations }], 0.97, (layers) => costs.push(layers));
  expect(choice).toMatchObject({ floatLayers: [], isEnough: true });
  expect(costs).toEqual([]);
});

it('returns the layers to float whose values do not fit 8 bits, and no others', async () => {
  const float = await floatModel(true);
  const observations = await calibrate(float.graph, float.model.manifest, crops);
  const costs: number[] = [];
  const { floatLayers, isEnough } = await chooseFloatLayers(float, [{ crops, observations }], 0.97, (count) =>
    costs.push(count),
  );
  expect(costs).toEqual([4]);
  expect(isEnough).toBe(true);
  expect(floatLayers.toSorted()).toEqual(['b_c', 'c_c']);
  const agreementOf = async (layers: readonly string[]) =>
    compareNetworks(float.model, makeInt8Network(float, observations, new Set(layers)).network, crops);
  expect((await agreementOf([])).embeddingCosine).toBeLessThan(0.98);
  expect((await agreementOf(floatLayers)).embeddingCosine).toBeGreaterThan(0.999);
});

it('leaves half of the layers in int8, even if the network does not agree', async () => {
  const float = await floatModel(false);
  const observed = await calibrate(float.graph, float.model.manifest, crops);
  // Ranges that fit no image.
  const observations = new Map(
    Array.from(observed, ([name, each]) => [name, { ...each, min: 0, max: each.max / 1e4 }]),
  );
  const choice = await chooseFloatLayers(float, [{ crops, observations }], 0.97);
  expect(choice).toMatchObject({ floatLayers: [expect.any(String), expect.any(String)], isEnough: false });
});

it('judges each half of the images with ranges of the other half', async () => {
  const float = await floatModel(false);
  const { manifest } = float.model;
  const { observations, folds } = await calibrateFolds(float, crops);
  expect(folds.map((fold) => fold.crops)).toEqual([
    crops.filter((_, at) => at % 2 === 1),
    crops.filter((_, at) => at % 2 === 0),
  ]);
  for (const fold of folds) {
    const others = crops.filter((crop) => !fold.crops.includes(crop));
    expect(fold.observations).toEqual(await calibrate(float.graph, manifest, others));
  }
  expect(observations).toEqual(await calibrate(float.graph, manifest, crops));
});

it('judges a single image with its own ranges', async () => {
  const float = await floatModel(false);
  const { observations, folds } = await calibrateFolds(float, crops.slice(0, 1));
  expect(folds).toEqual([{ crops: crops.slice(0, 1), observations }]);
});
