import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { graphOf, modelOf } from '../../../model/graph/graph.ts';
import { removeWeightInputs } from '../../../model/import/file/remove-weight-inputs.ts';
import { importModel } from '../../../model/import/import-model.ts';
import type { PreprocessingOptions } from '../../../model/import/preprocessing-options.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { readNetwork } from '../../../model/onnx/read-network.ts';
import { addFloatBoundary } from '../../../model/verify/add-float-boundary.ts';
import { openNetwork, runCrops } from '../../../model/verify/network-session.ts';
import { cropPhoto, listFolder } from '../../../model/verify/photo-folder.ts';
import { verifyModel } from '../../../model/verify/verify-model.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { torchvisionForm } from '../../support/torchvision-form.ts';

const photoCount = 16;

/** How plain onnxruntime is given a crop: as bytes, as [channels, height, width], in which number of images. */
interface Case {
  readonly size: number;
  readonly options?: PreprocessingOptions & { readonly output?: string };
  readonly kind?: 'color' | 'gray' | 'bytes';
  readonly batch?: number;
  readonly head?: 'softmax' | 'probabilities' | 'log-probabilities' | 'one logit';
  /** Of a probability; float16 and integers are rounded between layers. */
  readonly tolerance?: number;
}

const cases: Readonly<Record<string, Case>> = {
  'v-onelogit': { size: 32, head: 'one logit' },
  'v-builtin': { size: 32, options: { scale: [1, 1, 1] } },
  'v-external': { size: 32 },
  'v-grey': { size: 32, kind: 'gray' },
  'mnist-cntk': { size: 28, kind: 'gray' },
  'mnist-quantized': { size: 28, kind: 'gray', tolerance: 2e-2 },
  'v-logsoftmax': { size: 32, head: 'log-probabilities' },
  'v-argmax2': { size: 32, options: { output: 'prob' }, head: 'probabilities' },
  'squeezenet-fp16-winml': { size: 224, head: 'probabilities', tolerance: 5e-3 },
  'v-uint8in': { size: 32, kind: 'bytes' },
  'v-batch8': { size: 32, batch: 8 },
};

const refused: Readonly<Record<string, [number, string]>> = {
  'v-sigmoid': [32, 'scores has 10 scores of a Sigmoid, which do not exclude each other'],
  'v-argmax2': [32, 'give the output option prob'],
  'v-softmax2': [32, 'p2 is the Softmax of probabilities'],
  'antispoof-quantized': [128, 'the network is quantized already'],
};

function optionsOf(size: number, given: Case['options'] = {}) {
  const sizes = { width: size, height: size };
  const unit = 1 / 255;
  const defaults: PreprocessingOptions = { mean: [0, 0, 0], scale: [unit, unit, unit], resize: 'warp', order: 'RGB' };
  return { ...defaults, resizeSize: sizes, cropSize: sizes, ...given };
}

async function publishedProbabilities(
  source: string,
  crop: Uint8Array,
  { size, options, kind = 'color', batch = 1, head = 'softmax' }: Case,
) {
  // The binding has no float16 arrays: that network gets a Cast at both ends.
  const { graph, modified } = addFloatBoundary(graphOf((await readNetwork(source)).model));
  const session = modified
    ? await ort.InferenceSession.create(encodeModel(modelOf(graph)), { logSeverityLevel: 3 })
    : await ort.InferenceSession.create(source, { logSeverityLevel: 3 });
  const [input = ''] = session.inputNames;
  const results = await session.run({
    [input]: tensorOf(crop, { size, kind, batch, scale: options?.scale?.[0] ?? 1 / 255 }),
  });
  const output = results[options?.output ?? session.outputNames[0] ?? ''];
  if (!(output?.data instanceof Float32Array)) throw new Error('expected float probabilities');
  const row = [...output.data.subarray(0, output.data.length / batch)];
  await session.release();
  return meaning(row, head);
}

function tensorOf(
  crop: Uint8Array,
  { size, kind, batch, scale }: { size: number; kind: string; batch: number; scale: number },
) {
  const area = size * size;
  if (kind === 'bytes') return new ort.Tensor('uint8', crop, [1, size, size, 3]);
  const value = (pixel: number, channel: number) => (crop[pixel * 3 + channel] ?? Number.NaN) * scale;
  const image =
    kind === 'gray'
      ? Float32Array.from(
          { length: area },
          (_, at) => 0.299 * value(at, 0) + 0.587 * value(at, 1) + 0.114 * value(at, 2),
        )
      : Float32Array.from({ length: area * 3 }, (_, at) => value(at % area, Math.floor(at / area)));
  const images = Float32Array.from({ length: image.length * batch }, (_, at) => image[at % image.length] ?? Number.NaN);
  return new ort.Tensor('float32', images, [batch, image.length / area, size, size]);
}

function meaning(row: readonly number[], head: Case['head']): readonly number[] {
  if (head === 'probabilities') return row;
  if (head === 'log-probabilities') return row.map(Math.exp);
  const logits = head === 'one logit' ? [0, ...row] : row;
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  return powers.map((power) => power / powers.reduce((sum, each) => sum + each, 0));
}

const best = (row: readonly number[]) => row.indexOf(Math.max(...row));

describeWithFixtures('networks from the field', (fixtures) => {
  const folder = join(fixtures, 'cases/onnx');

  it('all have an outcome here', async () => {
    if (!existsSync(folder)) return;
    const files = (await readdir(folder)).filter((name) => name.endsWith('.onnx')).map((name) => name.slice(0, -5));
    expect(files.toSorted()).toEqual([...new Set([...Object.keys(cases), ...Object.keys(refused)])].toSorted());
  });

  it.runIf(existsSync(folder)).each(Object.entries(cases))(
    '%s is imported with the same labels and probabilities',
    async (name, expected) => {
      const source = join(folder, `${name}.onnx`);
      const out = join(temporaryFolder(), 'out');
      const { manifest } = await importModel({ source, ...optionsOf(expected.size, expected.options), out });
      expect(manifest.name).toBe(name);
      const photos = (await listFolder(join(fixtures, 'photos'))).slice(0, photoCount);
      const session = await openNetwork((await loadModel(out)).network, name);
      for (const photo of photos) {
        const crop = await cropPhoto(photo, manifest.preprocess);
        if (!(crop instanceof Uint8Array)) throw crop;
        const actual = [...(await runCrops(session, manifest, crop)).probabilities.data];
        const published = await publishedProbabilities(source, crop, expected);
        const difference = Math.max(
          ...published.map((value, index) => Math.abs(value - (actual[index] ?? Number.NaN))),
        );
        expect(difference).toBeLessThan(expected.tolerance ?? 1e-5);
        expect(best(actual)).toBe(best(published));
      }
      await session.release();
      expect((await verifyModel(out, { against: source })).checks.filter(({ ok }) => !ok)).toEqual([]);
    },
  );

  it.runIf(existsSync(folder)).each(Object.entries(refused))(
    '%s is refused with the reason',
    async (name, [size, reason]) => {
      const source = join(folder, `${name}.onnx`);
      const out = join(temporaryFolder(), 'out');
      await expect(importModel({ source, ...optionsOf(size), out })).rejects.toThrow(reason);
    },
  );

  it('GoogLeNet as torchvision exports it with transform_input is imported, with that arithmetic in the image', async () => {
    const { model } = await readNetwork(join(fixtures, 'models/googlenet-zoo.onnx'));
    const source = join(temporaryFolder(), 'googlenet-torchvision.onnx');
    await writeFile(source, encodeModel(modelOf(torchvisionForm(removeWeightInputs(graphOf(model)).graph))));
    const out = join(temporaryFolder(), 'out');
    const { parity } = await importModel({ source, preset: 'torchvision', out });
    expect(parity.maxDifference).toBeLessThan(1e-6);
    const { network } = await loadModel(out);
    const { nodes } = graphOf((await readNetwork(join(out, 'model.onnx'))).model);
    expect(network.length).toBeGreaterThan(27e6);
    expect(nodes.slice(0, 7).map(({ opType }) => opType)).toEqual([
      'Transpose',
      'Cast',
      'Constant',
      'Sub',
      'Constant',
      'Mul',
      'Conv',
    ]);
  });
});
