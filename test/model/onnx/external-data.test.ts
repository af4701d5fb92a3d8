import { mkdir, open, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelOf } from '../../../model/graph/graph.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { readNetwork } from '../../../model/onnx/read-network.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { writeExternal } from '../../support/external-form.ts';
import { plainForm } from '../../support/import-forms.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** A model with weights in another file, and that file. */
async function published(options: Parameters<typeof writeExternal>[2] = {}) {
  const folder = temporaryFolder();
  const { source, data } = await writeExternal(folder, plainForm(), options);
  const file = join(folder, 'weights.data');
  await writeFile(file, data);
  return { folder, source, file, data };
}

async function expectRefused(source: string, message: string | RegExp): Promise<void> {
  const read = readNetwork(source);
  await expect(read).rejects.toThrow(UserError);
  await expect(read).rejects.toThrow(message);
  await expect(read).rejects.toThrow(/^[^\n]*$/);
}

describe('weights in another file', () => {
  it('are read, and give the network and digest of the same network in one file', async () => {
    const { source, folder } = await published();
    const whole = join(folder, 'whole.onnx');
    await writeFile(whole, encodeModel(modelOf(plainForm())));
    const [external, inside] = [await readNetwork(source), await readNetwork(whole)];
    expect(encodeModel(external.model)).toEqual(encodeModel(inside.model));
    expect([external.sha256, external.bytes]).toEqual([inside.sha256, inside.bytes]);
  });

  it('may be in a folder below that of the model, or behind a link that stays inside', async () => {
    const { source, folder, file } = await published({ location: 'below/weights.data' });
    await mkdir(join(folder, 'below'));
    await rename(file, join(folder, 'renamed'));
    await symlink('../renamed', join(folder, 'below', 'weights.data'));
    expect((await readNetwork(source)).model.graph?.initializer.every(({ rawData }) => rawData.length > 0)).toBe(true);
  });

  it.each([
    ['/etc/hostname', '/etc/hostname'],
    ['../weights.data', '../weights.data'],
    ['below/../../weights.data', 'below/../../weights.data'],
    ['C:\\weights.data', 'C:\\\\weights.data'],
    ['..\\weights.data', '..\\\\weights.data'],
    ['', ''],
  ])('are refused outside the folder of the model: %j', async (location, stated) => {
    const { source } = await published({ location });
    await expectRefused(source, `is in "${stated}": weights are only read from the folder of the model`);
  });

  it('are refused behind a link that leaves the folder of the model', async () => {
    const { source, folder, file } = await published();
    const outside = join(temporaryFolder(), 'weights.data');
    await rename(file, outside);
    await symlink(outside, file);
    await expectRefused(
      source,
      `weights.data is a link to ${outside}, outside the folder of the model: copy that file`,
    );
    expect(folder).not.toBe(outside);
  });

  it('are named if their file is missing', async () => {
    const { source, file } = await published({ location: 'other.data' });
    await expectRefused(
      source,
      /keeps the tensor w0 in .*other\.data, which does not exist: keep other\.data next to the/,
    );
    expect(file).toContain('weights.data');
  });

  it('are refused if their file is a folder', async () => {
    const { source, folder } = await published({ location: 'below' });
    await mkdir(join(folder, 'below'));
    await expectRefused(source, /keeps the tensor w0 in .*below, which (is not a file|cannot be read)/);
  });

  it('are refused if their file is too short', async () => {
    const { source, file, data } = await published();
    await writeFile(file, data.subarray(0, 900));
    await expectRefused(
      source,
      /weights\.data has 900 bytes, but the tensor w\d ends at byte \d+: the file is truncated or/,
    );
  });

  it.each([
    [
      'another length than the tensor needs',
      { length: '12' },
      /the tensor w0 needs 864 bytes, but the file states length 12 at/,
    ],
    ['a negative offset', { offset: '-64' }, /states length 864 at offset -64: export the model again/],
    ['an offset that is no number', { offset: 'first' }, /at offset first: export the model again/],
  ])('are refused with %s', async (_, change, message) => {
    const { source } = await published({ entries: (stated) => ({ ...stated, ...change }) });
    await expectRefused(source, message);
  });

  it('are refused without reading them if they have 2 GB or more', async () => {
    const graph = plainForm();
    const folder = temporaryFolder();
    const initializers = new Map(
      Array.from(
        graph.initializers,
        ([name, tensor]) => [name, { ...tensor, dims: new Array<bigint>(3).fill(1024n) }] as const,
      ),
    );
    const { source } = await writeExternal(folder, { ...graph, initializers });
    await expectRefused(
      source,
      /published\.onnx has 25\.8 GB of weights: a network in one ONNX file holds less than 2\.1 GB/,
    );
  });

  it('are refused in one file of 2 GB or more, without reading it', async () => {
    const path = join(temporaryFolder(), 'large.onnx');
    const file = await open(path, 'w');
    // A sparse file: it has this length without its bytes.
    await file.truncate(3e9);
    await file.close();
    await expectRefused(path, 'large.onnx has 3.0 GB of weights');
  });
});
