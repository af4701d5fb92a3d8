import { expect, it } from 'vitest';
import { intAttribute } from '../../../model/graph/attribute.ts';
import { modelOf } from '../../../model/graph/graph.ts';
import { makeNode } from '../../../model/graph/node.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { floatData, makeTensor, tensorShape } from '../../../model/onnx/tensor.ts';
import { calibrate } from '../../../model/quantize/calibrate.ts';
import { calibrateFolds, type Fold } from '../../../model/quantize/calibrate-folds.ts';
import { costBudget } from '../../../model/quantize/choose-float-layers.ts';
import { findFloatLayers } from '../../../model/quantize/find-float-layers.ts';
import { type FloatModel, makeInt8Network } from '../../../model/quantize/int8-model.ts';
import { measureCost, measureLayerCosts } from '../../../model/quantize/measure-layer-costs.ts';
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

it('finds no float layers, without measuring each, if all values fit 8 bits', async () => {
  const float = await floatModel(false);
  const observations = await calibrate(float.graph, float.model.manifest, crops);
  expect(await measureCost(float, { crops, observations })).toBeLessThan(costBudget);
  const counts: number[] = [];
  const fold = { crops, observations };
  expect(await findFloatLayers(float, [fold, fold], (count) => counts.push(count))).toEqual([]);
  expect(counts).toEqual([]);
});

it('finds the layers whose values do not fit 8 bits, and no others', async () => {
  const float = await floatModel(true);
  const observations = await calibrate(float.graph, float.model.manifest, crops);
  const counts: number[] = [];
  const floatLayers = await findFloatLayers(float, [{ crops, observations }], (count) => counts.push(count));
  expect(counts).toEqual([4]);
  expect(floatLayers.toSorted()).toEqual(['b_c', 'c_c']);
  const agreementOf = async (layers: readonly string[]) =>
    compareNetworks(float.model, makeInt8Network(float, observations, new Set(layers)).network, crops);
  expect((await agreementOf([])).embeddingCosine).toBeLessThan(0.98);
  expect((await agreementOf(floatLayers)).embeddingCosine).toBeGreaterThan(0.999);
});

/** A fold whose range of b includes this share of its values. */
async function foldWith(float: FloatModel, share: number): Promise<Fold> {
  const observations = new Map(await calibrate(float.graph, float.model.manifest, crops));
  const range = observations.get('b');
  if (range !== undefined) observations.set('b', { ...range, max: range.max * share });
  return { crops, observations };
}

it('finds float layers even if int8 costs only a little more than the budget', async () => {
  const float = await floatModel(false);
  const fold = await foldWith(float, 0.6);
  const cost = await measureCost(float, fold);
  expect(cost).toBeGreaterThan(costBudget);
  expect(cost).toBeLessThan(3 * costBudget);
  expect(await findFloatLayers(float, [fold])).not.toEqual([]);
});

it('finds no float layers if the mean of the folds is within the budget', async () => {
  const float = await floatModel(false);
  const [exact, rough] = [await foldWith(float, 1), await foldWith(float, 0.6)];
  const counts: number[] = [];
  const folds = [rough, exact, exact, exact] as const;
  expect(await findFloatLayers(float, [...folds], (count) => counts.push(count))).toEqual([]);
  expect(counts).toEqual([]);
});

it('judges the network on all folds, and measures each layer in the first one', async () => {
  const float = await floatModel(false);
  const [exact, rough] = [await foldWith(float, 1), await foldWith(float, 0.01)];
  const counts: number[] = [];
  expect(await findFloatLayers(float, [rough, exact], (count) => counts.push(count))).toContain('b_c');
  expect(await findFloatLayers(float, [exact, rough], (count) => counts.push(count))).toEqual([]);
  expect(counts).toEqual([4, 4]);
});

it('measures the cost of one layer with all others in float', async () => {
  const float = await floatModel(true);
  const { manifest } = float.model;
  const observations = await calibrate(float.graph, manifest, crops);
  const costs = await measureLayerCosts(float, { crops, observations });
  expect(costs.map(({ layer }) => layer)).toEqual(['a_c', 'b_c', 'c_c', 'd_c']);
  for (const { layer, cost } of costs) {
    const others = costs.filter((each) => each.layer !== layer).map((each) => each.layer);
    const { network: int8 } = makeInt8Network(float, observations, new Set(others));
    const { embeddingCosine } = await compareNetworks(float.model, int8, crops);
    expect(cost).toBeCloseTo(1 - embeddingCosine, 6);
  }
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
  const expected = await calibrate(float.graph, manifest, crops);
  expect([...observations.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
  for (const [name, { channelMeans = [], ...range }] of expected) {
    const { channelMeans: merged = [], ...mergedRange } = observations.get(name) ?? expect.unreachable(name);
    expect(mergedRange).toEqual(range);
    expect(merged).toHaveLength(channelMeans.length);
    for (const [channel, mean] of channelMeans.entries()) expect(merged[channel] ?? Number.NaN).toBeCloseTo(mean, 4);
  }
});

it('judges a single image with its own ranges', async () => {
  const float = await floatModel(false);
  const { observations, folds } = await calibrateFolds(float, crops.slice(0, 1));
  expect(folds).toEqual([{ crops: crops.slice(0, 1), observations }]);
});
