import { copyFile, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { floatData } from '../../../model/onnx/tensor.ts';
import { readTensorflowJs } from '../../../model/tensorflow-js/read-tensorflow-js.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { modelCases } from '../../support/tensorflow-js/cases.ts';
import { convertAndRun, expectOutput } from '../../support/tensorflow-js/convert-and-run.ts';
import { sequentialCase } from '../../support/tensorflow-js/layer-builder.ts';
import type { CaseWeight, ModelCase } from '../../support/tensorflow-js/model-case.ts';
import { readRecordedOutputs } from '../../support/tensorflow-js/recorded-outputs.ts';
import { tinyClassifier, writePackagedModel } from '../../support/tensorflow-js/tiny-classifier.ts';
import { modelFiles, writeModel } from '../../support/tensorflow-js/write-model.ts';

const name = 'layer Conv2D, same, stride 2';
const model = modelCases[name] ?? failMissing();

function failMissing(): never {
  throw new Error(`no case ${name}`);
}

/** A network with a Dense layer of one number. */
function numbers(data: Float32Array): ModelCase {
  const kernel = { name: 'dense/kernel', shape: [1, data.length], data };
  const dense = { kind: 'Dense', name: 'dense', config: { units: data.length, use_bias: false } };
  return { ...sequentialCase([dense], [1]), weights: [kernel] };
}

async function decoded(store: (weight: CaseWeight) => { dtype: string; quantization: object; bytes: Buffer }) {
  const file = await writeModel(join(temporaryFolder(), 'model'), numbers(new Float32Array(4)), {
    quantize: (weight) => {
      const { dtype, quantization, bytes } = store(weight);
      return { spec: { name: weight.name, shape: weight.shape, dtype, quantization: { ...quantization } }, bytes };
    },
  });
  const { graph } = await readTensorflowJs(file);
  const weight = graph.initializers.get('dense/kernel');
  return weight === undefined ? [] : [...floatData(weight)];
}

describe('weights of a TensorFlow.js model', () => {
  it.each([1, 7, 100, 10_000])('are read from files of %d bytes', async (shardBytes) => {
    expectOutput(await convertAndRun(model, { shardBytes }), readRecordedOutputs().get(name));
  });

  it('are decoded from uint8', async () => {
    const quantization = { dtype: 'uint8', min: -1, scale: 0.1 };
    const values = await decoded(() => ({ dtype: 'float32', quantization, bytes: Buffer.from([0, 1, 10, 255]) }));
    expect(values).toEqual([-1, -0.9, 0, 24.5].map(Math.fround));
  });

  it('are decoded from uint16', async () => {
    const quantization = { dtype: 'uint16', min: 2, scale: 0.5 };
    const bytes = Buffer.from(Uint16Array.of(0, 1, 1000, 65_535).buffer);
    expect(await decoded(() => ({ dtype: 'float32', quantization, bytes }))).toEqual([2, 2.5, 502, 32_769.5]);
  });

  it('are decoded from float16', async () => {
    const bytes = Buffer.from(Float16Array.of(0, -1.5, 65_504, 2 ** -24).buffer);
    const quantization = { dtype: 'float16' };
    expect(await decoded(() => ({ dtype: 'float32', quantization, bytes }))).toEqual([0, -1.5, 65_504, 2 ** -24]);
  });

  it.each([
    [
      'a type that cannot be decoded',
      { dtype: 'float32', quantization: { dtype: 'int4', min: 0, scale: 1 } },
      'stored as int4',
    ],
    ['a type without a scale', { dtype: 'float32', quantization: { dtype: 'uint8' } }, 'without min and scale'],
    ['texts', { dtype: 'string', quantization: { dtype: 'uint8', min: 0, scale: 1 } }, 'string stored as uint8'],
  ])('of %s are refused by their name', async (_, stored, message) => {
    const problem = decoded(() => ({ ...stored, bytes: Buffer.alloc(4) }));
    await expect(problem).rejects.toThrow(UserError);
    await expect(problem).rejects.toThrow(`the weight dense/kernel is `);
    await expect(problem).rejects.toThrow(message);
  });
});

describe('files of a TensorFlow.js model', () => {
  async function written(shardBytes = 100) {
    const folder = temporaryFolder();
    const file = await writeModel(folder, model, { shardBytes });
    return { folder, file };
  }

  it('that are missing are named', async () => {
    const { folder, file } = await written();
    const { shards } = modelFiles(model, { shardBytes: 100 });
    const json = (await readFile(file, 'utf8')).replace(shards[1]?.path ?? '', 'elsewhere.bin');
    await writeFile(file, json);
    await expect(readTensorflowJs(file)).rejects.toThrow(
      `${file} names the weights elsewhere.bin, which are missing: put elsewhere.bin into ${folder}`,
    );
  });

  it('of a package are named with the ending of its modules', async () => {
    const folder = temporaryFolder();
    await writePackagedModel(folder, tinyClassifier);
    const file = join(folder, 'model.min.js');
    const names = (await readdir(folder)).filter((each) => each.startsWith('group1')).toSorted();
    const [first = '', second = ''] = names;
    expect(names.length).toBeGreaterThan(2);
    await copyFile(join(folder, names.at(-1) ?? ''), join(folder, second));
    await expect(readTensorflowJs(file)).rejects.toThrow(`but ${second} of ${names.length} files has`);
    await rm(join(folder, first));
    await expect(readTensorflowJs(file)).rejects.toThrow(`which are missing: put ${first} into ${folder}`);
  });

  it.each([
    ['first', 'group1-shard1of5.bin', 99],
    ['third', 'group1-shard3of5.bin', 20],
    ['last', 'group1-shard5of5.bin', 47],
  ])('the %s of which is too short are named', async (_, name_, bytes) => {
    const { folder, file } = await written();
    await truncate(join(folder, name_), bytes);
    await expect(readTensorflowJs(file)).rejects.toThrow(
      new RegExp(`take 448 bytes, but ${name_} of 5 files has ${bytes} \\(\\d+ in all\\): get the file again`),
    );
  });

  it('that is too long is named', async () => {
    const { folder, file } = await written(10_000);
    await writeFile(join(folder, 'group1-shard1of1.bin'), Buffer.alloc(500));
    await expect(readTensorflowJs(file)).rejects.toThrow('take 448 bytes, but group1-shard1of1.bin has 500');
  });

  it.each([
    '../weights.bin',
    '/etc/passwd',
    'a/../../weights.bin',
    'C:\\weights.bin',
    'file:///etc/passwd',
    'a\\b',
    '',
  ])('named %j are not read', async (path) => {
    const { file } = await written(10_000);
    const { json } = modelFiles(model);
    const [group] = json.weightsManifest;
    await writeFile(file, JSON.stringify({ ...json, weightsManifest: [{ ...group, paths: [path] }] }));
    await expect(readTensorflowJs(file)).rejects.toThrow('only files inside its own folder are read');
  });

  it('of more than 2 GiB are refused before they are read', async () => {
    const { file } = await written(10_000);
    const { json } = modelFiles(model);
    const weights = [
      {
        name: 'c/kernel',
        shape: [70_000, 10_000],
        dtype: 'float32',
        quantization: { dtype: 'uint8', min: 0, scale: 1 },
      },
    ];
    await writeFile(file, JSON.stringify({ ...json, weightsManifest: [{ paths: ['missing.bin'], weights }] }));
    await expect(readTensorflowJs(file)).rejects.toThrow(`${file} has 2.8 GB of weights`);
  });

  it('behind a link that leaves the folder are not read', async () => {
    const { folder, file } = await written(10_000);
    const outside = join(temporaryFolder(), 'weights.bin');
    await writeFile(outside, Buffer.alloc(448));
    await symlink(outside, join(folder, 'linked.bin'));
    const { json } = modelFiles(model);
    const [group] = json.weightsManifest;
    await writeFile(file, JSON.stringify({ ...json, weightsManifest: [{ ...group, paths: ['linked.bin'] }] }));
    await expect(readTensorflowJs(file)).rejects.toThrow('linked.bin, a link to another folder');
  });
});
