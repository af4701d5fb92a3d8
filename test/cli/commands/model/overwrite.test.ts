import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inceptionBatch, repository } from '../../../support/cli.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const included = join(repository, 'demo/fashion-mnist/model');
const folder = temporaryFolder();
const existing = join(folder, 'own-model');
await cp(included, existing, { recursive: true });
await writeFile(join(existing, 'manifest.json'), '{}');

it.each([
  ['pull', ['fashion-mnist']],
  ['build', ['lenet5']],
  ['import', ['missing.onnx', '--preset', 'bvlc']],
  ['optimize', [included]],
  ['quantize', [included, '--fp16']],
  ['quantize', [included, '--calibrate', folder]],
  ['quantize', [included, '--ranges', join(repository, 'model/quantize/googlenet-ranges.json')]],
  ['train', [included, '--data', folder]],
  ['finetune', [included, '--labels', folder]],
])('model %s %j replaces no other model without --overwrite', async (command, args) => {
  const { code, stderr } = await inceptionBatch(['model', command, ...args, '--out', existing]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(`${existing} contains a model: give --overwrite to replace it, or another folder`),
  });
  expect(await readFile(join(existing, 'manifest.json'), 'utf8')).toBe('{}');
});

it('replaces a model with --overwrite', async () => {
  const out = join(temporaryFolder(), 'model');
  await cp(included, out, { recursive: true });
  const pulled = await inceptionBatch(['model', 'build', 'lenet5', '--out', out, '--overwrite']);
  expect(pulled).toMatchObject({ code: 0 });
  expect(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8'))).toMatchObject({ name: 'lenet5' });
});

it('keeps recorded ranges without --overwrite', async () => {
  const ranges = join(folder, 'ranges.json');
  await writeFile(ranges, 'kept');
  const args = ['--calibrate', folder, '--record-ranges', ranges, '--out', join(folder, 'new')];
  const { code, stderr } = await inceptionBatch(['model', 'quantize', included, ...args]);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(`${ranges} exists: give --overwrite`),
  });
  expect(await readFile(ranges, 'utf8')).toBe('kept');
});
