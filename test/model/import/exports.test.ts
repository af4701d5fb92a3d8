import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { isChannelsLast } from '../../../model/graph/channels.ts';
import { type Graph, graphOf, modelOf } from '../../../model/graph/graph.ts';
import { importModel } from '../../../model/import/import-model.ts';
import type { PreprocessingOptions } from '../../../model/import/preprocessing-options.ts';
import { decodeModel, encodeModel } from '../../../model/onnx/model-file.ts';
import { evaluate } from '../../../model/passes/evaluate.ts';
import { maxAbsoluteDifference } from '../../../model/verify/max-absolute-difference.ts';
import { toPlanes } from '../../../model/verify/network-pixels.ts';
import { openNetwork, runCrops } from '../../../model/verify/network-session.ts';
import { syntheticCropBatch } from '../../../model/verify/synthetic-crops.ts';
import { verifyModel } from '../../../model/verify/verify-model.ts';
import { loadModel, type Model } from '../../../shared/models/model-directory.ts';
import {
  convolutionalHead,
  type Exported,
  exportedClasses,
  exportedSize,
  tensorflowExport,
  timmExport,
  torchExportExport,
  torchvisionExport,
} from '../../support/exported-networks.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const sizes = { cropSize: { width: exportedSize, height: exportedSize }, resizeSize: { width: 36, height: 36 } };

async function imported({ graph }: Exported, preset: string, options: PreprocessingOptions = {}) {
  const folder = temporaryFolder();
  const source = join(folder, 'Exported Network.onnx');
  await writeFile(source, encodeModel(modelOf(graph)));
  const result = await importModel({ source, preset, ...sizes, ...options, out: join(folder, 'out') });
  return { ...result, source, model: await loadModel(result.directory) };
}

const operators = ({ network }: Model) => graphOf(decodeModel(network)).nodes.map(({ opType }) => opType);

/** The features of one crop in the published network. */
async function publishedFeatures({ graph, features }: Exported, crop: Uint8Array, { manifest }: Model) {
  const planes = toPlanes(crop, manifest.preprocess, 'RGB');
  const [input] = graph.inputs;
  const image = new Tensor('float32', planes, [1, 3, exportedSize, exportedSize]);
  const feed = inputIsChannelsLast(graph) ? channelsLast(planes) : image;
  const values = await evaluate(graph, { [input?.name ?? '']: feed }, [features]);
  return Float32Array.from(values.get(features)?.data ?? [], Number);
}

function inputIsChannelsLast({ inputs }: Graph): boolean {
  const type = inputs[0]?.type?.value;
  const dimensions = type?.case === 'tensorType' ? (type.value.shape?.dim ?? []) : [];
  return isChannelsLast(dimensions.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : '')));
}

function channelsLast(planes: Float32Array): Tensor {
  const area = exportedSize * exportedSize;
  const pixels = Float32Array.from(planes, (_, at) => planes[(at % 3) * area + Math.floor(at / 3)] ?? Number.NaN);
  return new Tensor('float32', pixels, [1, exportedSize, exportedSize, 3]);
}

it.each<[string, Exported, string]>([
  ['torchvision, fixed batch', torchvisionExport({ opset: 11, batch: 'fixed' }), 'torchvision'],
  ['torchvision, free batch', torchvisionExport({ opset: 17, batch: 'free' }), 'torchvision'],
  ['torchvision, batch norm', torchvisionExport({ opset: 13, batch: 'free', batchNorm: true }), 'torchvision'],
  [
    'torchvision, transform_input, operator set 9',
    torchvisionExport({ opset: 9, batch: 'fixed', transformInput: true, batchNorm: true }),
    'torchvision',
  ],
  [
    'torchvision, transform_input and view, operator set 17',
    torchvisionExport({ opset: 17, batch: 'free', transformInput: true, flatten: 'view' }),
    'torchvision',
  ],
  ['torchvision, view, fixed batch', torchvisionExport({ opset: 9, batch: 'fixed', flatten: 'view' }), 'torchvision'],
  ['torch.export', torchExportExport(), 'torchvision'],
  ['timm, operator set 9', timmExport({ opset: 9, batch: 'fixed' }), 'timm'],
  ['timm, operator set 18', timmExport({ opset: 18, batch: 'free' }), 'timm'],
  ['TensorFlow, free batch', tensorflowExport({ batch: 'free' }), 'tensorflow'],
  ['TensorFlow, fixed batch', tensorflowExport({ batch: 'fixed' }), 'tensorflow'],
  ['a 1×1 convolution after the average', convolutionalHead({ average: 'before' }), 'torchvision'],
  ['a 1×1 convolution before the average', convolutionalHead({ average: 'after' }), 'torchvision'],
])('imports an export with the same probabilities and features: %s', async (_, exported, preset) => {
  const { model, manifest, parity, source } = await imported(exported, preset);
  expect(parity.maxDifference).toBeLessThan(1e-6);
  expect(manifest.name).toBe('exported-network');
  expect(manifest.labels).toHaveLength(exportedClasses);
  expect(manifest.labels[1]).toEqual({ id: 'class-1', name: 'class 1' });
  expect(manifest.outputs.embeddingSize).toBe(exported.featureCount);

  const session = await openNetwork(model.network, 'model.onnx');
  const crops = syntheticCropBatch(3, { width: exportedSize, height: exportedSize });
  const { embedding, probabilities } = await runCrops(session, manifest, crops);
  await session.release();
  // Outputs that do not depend on the image would agree with anything.
  const rows = [0, 1, 2].map((row) => probabilities.data.subarray(row * exportedClasses, (row + 1) * exportedClasses));
  expect(maxAbsoluteDifference(rows[0] ?? new Float32Array(), rows[1] ?? new Float32Array())).toBeGreaterThan(1e-3);
  const expected = await publishedFeatures(exported, crops.subarray((crops.length / 3) * 2), model);
  const actual = embedding.data.subarray(embedding.size * 2);
  expect(maxAbsoluteDifference(actual, expected)).toBeLessThan(1e-4 * Math.max(...expected));

  const report = await verifyModel(model.manifest.file === 'model.onnx' ? join(source, '../out') : '', {
    against: source,
  });
  expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
});

it('folds arithmetic on separate input channels into the uint8 input', async () => {
  const exported = torchvisionExport({ opset: 17, batch: 'free', transformInput: true });
  const { model } = await imported(exported, 'torchvision');
  expect(operators(model).slice(0, 7)).toEqual(['Transpose', 'Cast', 'Constant', 'Sub', 'Constant', 'Mul', 'Conv']);
  expect(model.manifest.preprocess.mean).toEqual([0.485, 0.456, 0.406].map((mean) => mean * 255));
});

it('folds arithmetic on separate channels of a BGR network', async () => {
  const exported = torchvisionExport({ opset: 17, batch: 'free', transformInput: true });
  const { parity, model } = await imported(exported, 'torchvision', { order: 'BGR' });
  expect(parity.maxDifference).toBeLessThan(1e-6);
  expect(operators(model)).not.toContain('Gather');
});

it('removes the redundant nodes of exporters', async () => {
  const viewed = torchvisionExport({ opset: 17, batch: 'free', flatten: 'view' });
  expect(operators((await imported(viewed, 'torchvision')).model).slice(-4)).toEqual([
    'GlobalAveragePool',
    'Flatten',
    'Gemm',
    'Softmax',
  ]);
  const timm = operators((await imported(timmExport({ opset: 18, batch: 'free' }), 'timm')).model);
  expect(timm.filter((operator) => operator === 'Pad')).toHaveLength(1);
  expect(timm).not.toContain('Identity');
  const tensorflow = operators((await imported(tensorflowExport({ batch: 'free' }), 'tensorflow')).model);
  expect(tensorflow.filter((operator) => operator === 'Transpose')).toHaveLength(1);
});
