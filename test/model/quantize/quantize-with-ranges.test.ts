import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { graphOf, modelOf } from '../../../model/graph/graph.ts';
import { importModel } from '../../../model/import/import-model.ts';
import { decodeModel, encodeModel } from '../../../model/onnx/model-file.ts';
import { optimizeModel } from '../../../model/optimize/optimize-model.ts';
import { googlenetRanges } from '../../../model/quantize/googlenet-ranges.ts';
import { quantizeModel } from '../../../model/quantize/quantize-model.ts';
import { quantizeWithRanges } from '../../../model/quantize/quantize-with-ranges.ts';
import { readRecordedRanges, writeRecordedRanges } from '../../../model/quantize/ranges-file.ts';
import { parseRecordedRanges } from '../../../model/quantize/recorded-ranges.ts';
import { compareModels } from '../../../model/verify/compare-models.ts';
import { loadModel } from '../../../shared/models/model-directory.ts';
import { asOperatorSet12, operatorSet12Defaults } from '../../support/as-operator-set-12.ts';
import { describeWithFixtures } from '../../support/fixtures.ts';
import { operatorSchemas } from '../../support/operator-schemas.ts';
import { writePhotos } from '../../support/photos.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);
await writeTinyModel(at('tiny'));
await writePhotos(at('photos'), 6);

it('makes the same model from recorded ranges as from the images they were measured on', async () => {
  const measured = await quantizeModel({
    source: at('tiny'),
    calibrate: at('photos'),
    images: 6,
    out: at('measured'),
    force: true,
  });
  await writeRecordedRanges(at('ranges.json'), measured.ranges);
  const ranges = await readRecordedRanges(at('ranges.json'));
  expect(ranges).toEqual(measured.ranges);
  const made = await quantizeWithRanges({ source: at('tiny'), ranges, out: at('made') });
  expect((await loadModel(at('made'))).id).toBe((await loadModel(at('measured'))).id);
  expect(made.agreement.embeddingCosine).toBeGreaterThan(0.99);
});

it('refuses ranges with which the network differs too much, unless it is forced', async () => {
  const recorded = await readRecordedRanges(at('ranges.json'));
  // Every value saturates, upwards or downwards.
  const narrow = Object.entries(recorded.ranges).map(([digest, [, , ...shape]]) => [digest, [-1e-3, 1e-3, ...shape]]);
  // Without the layers in float, so that nothing is left as it was.
  const { floatLayers: _, ...rest } = recorded;
  const ranges = parseRecordedRanges({ ...rest, ranges: Object.fromEntries(narrow) });
  const options = { source: at('tiny'), ranges, out: at('narrow') };
  await expect(quantizeWithRanges(options)).rejects.toThrow(/nothing was written.*; give the force option to write it/);
  expect(await readdir(folder)).not.toContain('narrow');
  await quantizeWithRanges({ ...options, force: true });
  expect((await loadModel(at('narrow'))).id).not.toBe((await loadModel(at('measured'))).id);
});

it('records the means of channels, with one number for each channel of a value that has a range', async () => {
  const recorded = await readRecordedRanges(at('ranges.json'));
  const [[digest, means] = expect.unreachable()] = Object.entries(recorded.channelMeans ?? {});
  expect(means).toHaveLength(recorded.ranges[digest]?.[2] ?? Number.NaN);
  for (const channelMeans of [{ [digest]: means.slice(1) }, { '0123456789abcdef': means }]) {
    await writeRecordedRanges(at('means.json'), { ...recorded, channelMeans }, true);
    await expect(readRecordedRanges(at('means.json'))).rejects.toThrow(
      /means.json is not a file of recorded ranges: .*channelMeans.*must have one number per channel of the value/,
    );
  }
});

it('rejects the ranges of another network and writes nothing', async () => {
  await writeTinyModel(at('other'), { labels: 5, channels: 8 });
  const { ranges } = await quantizeModel({
    source: at('tiny'),
    calibrate: at('photos'),
    images: 2,
    out: at('again'),
    force: true,
  });
  const refused = quantizeWithRanges({ source: at('other'), ranges, out: at('never') });
  await expect(refused).rejects.toThrow(
    /measured in another network, tiny@.* on 2 images of photos: \d+ of its \d+ values are not in this one/,
  );
  expect(await readdir(folder)).not.toContain('never');
});

it('operator set 12 has every default of the operators that may be written either way', () => {
  // AveragePool got dilations in operator set 19; without kernel_shape, Conv takes it from the weights.
  const without = ['AveragePool dilations', 'Conv kernel_shape'];
  for (const [operator, written] of Object.entries(operatorSet12Defaults)) {
    const { attributes, required = [] } = operatorSchemas[operator] ?? expect.unreachable(operator);
    const optional = Object.keys(attributes).filter((name) => !required.includes(name));
    const expected = optional.filter((name) => !without.includes(`${operator} ${name}`));
    expect(written.map(({ name }) => name).toSorted(), operator).toEqual(expected.toSorted());
  }
});

describeWithFixtures('GoogLeNet with its published weights', (fixtures) => {
  it('becomes googlenet-int8 with the ranges of the package, without images', async () => {
    const labels = join(fixtures, 'models/synset_words.txt');
    await importModel({
      source: join(fixtures, 'models/googlenet-zoo.onnx'),
      preset: 'bvlc',
      name: 'googlenet',
      labels,
      out: at('float'),
    });
    await optimizeModel({ source: at('float'), out: at('fast'), mergeSiblings: false });
    const made = await quantizeWithRanges({ source: at('fast'), ranges: googlenetRanges(), out: at('int8') });
    expect(made).toMatchObject({ inFloat: [], manifest: { name: 'googlenet-int8' } });
    // The same on every machine: nothing that is measured there becomes part of the network.
    expect((await loadModel(at('int8'))).id).toBe('googlenet-int8@61c5b246488d');
    await mkdir(at('some'));
    const names = (await readdir(join(fixtures, 'photos'))).filter((_, index) => index % 8 === 0);
    for (const name of names) await copyFile(join(fixtures, 'photos', name), join(at('some'), name));
    const { against } = await compareModels(at('int8'), { photos: at('some'), against: at('fast') });
    expect(against?.agreement.sameLabel).toBeGreaterThanOrEqual(0.92);
    expect(against?.agreement.embeddingCosine).toBeGreaterThanOrEqual(0.99);
  });

  it.each([
    ['the first node', true],
    ['the second node', false],
  ])('accepts the same network as operator set 12, with defaults written out from %s on', async (_, isFirst) => {
    const published = await readFile(join(fixtures, 'models/googlenet-zoo.onnx'));
    const graph = asOperatorSet12(graphOf(decodeModel(published, 'googlenet-zoo.onnx')), isFirst);
    await writeFile(at('googlenet-12.onnx'), encodeModel(modelOf(graph)));
    const labels = join(fixtures, 'models/synset_words.txt');
    await importModel({ source: at('googlenet-12.onnx'), preset: 'bvlc', labels, out: at(`float-12-${isFirst}`) });
    await optimizeModel({ source: at(`float-12-${isFirst}`), out: at(`fast-12-${isFirst}`), mergeSiblings: false });
    const made = await quantizeWithRanges({
      source: at(`fast-12-${isFirst}`),
      ranges: googlenetRanges(),
      out: at(`int8-12-${isFirst}`),
    });
    expect(made.inFloat).toEqual([]);
  });
});
