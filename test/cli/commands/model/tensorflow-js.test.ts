import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parityReference } from '../../../../model/import/file/read-source.ts';
import { runCommand } from '../../../support/run-command.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import { tinyClassifier } from '../../../support/tensorflow-js/tiny-classifier.ts';
import { writeModel } from '../../../support/tensorflow-js/write-model.ts';

it('a TensorFlow.js model is imported, and the model verified against its folder or its model.json', async () => {
  const source = join(temporaryFolder(), 'tiny');
  const file = await writeModel(source, tinyClassifier);
  const out = join(source, 'out');
  const imported = await runCommand(['model', 'import', source, '--preset', 'nsfwjs', '--out', out]);
  expect(imported.stdout).toContain(`of ${source} as converted to ONNX`);
  for (const against of [source, file]) {
    const verified = await runCommand(['model', 'verify', out, '--against', against]);
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    expect(verified.stdout).toContain(`parity: probabilities differ from ${against} as converted to ONNX by at most`);
  }
});

it.each([
  ['tiny/model.json', 'a folder as converted to ONNX'],
  ['tiny/model.min.js', 'a folder as converted to ONNX'],
  ['net.onnx', 'a folder'],
  ['net.ort', 'a folder'],
])('what an import of %s is compared with is %s', (file, reference) => {
  expect(parityReference('a folder', file)).toBe(reference);
});
