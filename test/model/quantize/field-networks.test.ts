import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { intAttribute, intsAttribute } from '../../../model/graph/attribute.ts';
import { graphOf } from '../../../model/graph/graph.ts';
import { makeValue } from '../../../model/graph/value.ts';
import { importModel } from '../../../model/import/import-model.ts';
import type { PreprocessingOptions } from '../../../model/import/preprocessing-options.ts';
import { readNetwork } from '../../../model/onnx/read-network.ts';
import { makeTensor } from '../../../model/onnx/tensor.ts';
import { quantizeModel } from '../../../model/quantize/quantize-model.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { type NodeRow, prepend, withWeights, writeGraph } from '../../support/import-forms.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describeWithFixtures('int8 of networks from the field', (fixtures) => {
  const files = join(fixtures, 'cases/onnx');
  const photos = join(fixtures, 'photos');

  async function imported(name: string, side: number, options: PreprocessingOptions, folder = files): Promise<string> {
    const source = join(temporaryFolder(), name);
    const sides = { width: side, height: side };
    const warp = { resize: 'warp', resizeSize: sides, cropSize: sides } as const;
    await importModel({ source: join(folder, `${name}.onnx`), ...warp, ...options, out: source });
    return source;
  }

  /** A network that takes gray bytes, [N, height, width, 1], and divides them by 255 itself. */
  async function grayBytes(): Promise<string> {
    const { model } = await readNetwork(join(files, 'v-grey.onnx'));
    const gray = graphOf(model);
    const top = makeTensor('top', [], Float32Array.of(255));
    const rows: NodeRow[] = [
      ['Cast', ['gray'], 'float', intAttribute('to', 1)],
      ['Div', ['float', 'top'], 'unit'],
      ['Transpose', ['unit'], gray.inputs[0]?.name ?? '', intsAttribute('perm', [0, 3, 1, 2])],
    ];
    const inputs = [makeValue('gray', 'uint8', ['N', 32, 32, 1])];
    const folder = temporaryFolder();
    await writeGraph(folder, withWeights({ ...prepend(gray, ...rows), inputs }, top), 'gray-bytes.onnx');
    return imported('gray-bytes', 32, {}, folder);
  }

  const unit = 1 / 255;
  const toUnit: PreprocessingOptions = { mean: [0, 0, 0], scale: [unit, unit, unit] };
  const insideFile: PreprocessingOptions = { order: 'RGB' };
  const bytes: PreprocessingOptions = { order: 'RGB', mean: [0, 0, 0], scale: [1, 1, 1] };

  it.runIf(existsSync(files)).each([
    { name: 'v-grey', side: 32, preprocessing: toUnit },
    { name: 'mnist-cntk', side: 28, preprocessing: toUnit },
    { name: 'v-uint8in', side: 32, preprocessing: insideFile },
    { name: 'v-builtin', side: 32, preprocessing: bytes },
  ])('$name agrees on at least 97 % of images that took no part', async ({ name, side, preprocessing }) => {
    await expectAgreement(await imported(name, side, preprocessing));
  });

  it.runIf(existsSync(files))(
    'a network of gray bytes agrees on at least 97 % of images that took no part',
    async () => {
      await expectAgreement(await grayBytes());
    },
  );

  async function expectAgreement(source: string): Promise<void> {
    // Whether a network this small is faster in int8 depends on the machine.
    const options = { source, calibrate: photos, images: 100, out: `${source}-int8`, force: true };
    const { agreement } = await quantizeModel(options);
    expect(agreement.images).toBe(100);
    expect(agreement.sameLabel).toBeGreaterThanOrEqual(0.97);
    expect(agreement.embeddingCosine).toBeGreaterThan(0.998);
  }

  it.runIf(existsSync(files))('a network of two small layers is refused, since it becomes slower', async () => {
    const source = await imported('mnist-cntk', 28, toUnit);
    const options = { source, calibrate: photos, images: 20, out: `${source}-int8`, minAgreement: 0 };
    await expect(quantizeModel(options)).rejects.toThrow(
      /the int8 model is not faster than .*mnist-cntk after .*: 0\.\d+ times/,
    );
  });
});
