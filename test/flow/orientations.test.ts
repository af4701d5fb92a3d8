import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { comparePredictions } from '../../model/verify/agreement.ts';
import { type Prediction, predictCrops } from '../../model/verify/predict-crops.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { cropImage } from '../../shared/images/preprocess/crop-image.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { describeWithFixtures } from '../support/fixtures.ts';
import { orientations, turned, writerNames } from '../support/formats/turned.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describeWithFixtures(
  'one photo in eight orientations, classified by GoogLeNet with its published weights',
  (fixtures) => {
    const folder = temporaryFolder();
    const photo = join(fixtures, 'photos/n01440764_tench.jpg');
    const lowest: Record<string, { 'lowest cosine': string }> = {};
    let model: Model;
    let original: Prediction[];

    beforeAll(async () => {
      const source = join(fixtures, 'models/googlenet-zoo.onnx');
      const labels = join(fixtures, 'models/synset_words.txt');
      const options = ['--preset', 'bvlc', '--labels', labels, '--out', folder];
      const imported = await runCommand(['model', 'import', source, ...options]);
      expect(imported).toMatchObject({ code: 0, stderr: '' });
      model = await loadModel(folder);
      original = await predict([await readFile(photo)]);
    });
    afterAll(() => console.table(lowest));

    async function predict(files: readonly Uint8Array[]): Promise<Prediction[]> {
      const crops: Uint8Array[] = [];
      for (const bytes of files) {
        crops.push((await cropImage(bytes, model.manifest.preprocess, defaultDecodeLimits)).tensor.pixels);
      }
      return predictCrops(crops, model.network, model.manifest);
    }

    it.each(writerNames.map((name) => [name, name === 'PNG' || name === 'TIFF' ? 0.99 : 0.95] as const))(
      'as %s gets the label of the original, and embeddings with a cosine of at least %d',
      async (name, minCosine) => {
        const upright = await readFile(photo);
        const files = await Promise.all(orientations.map((orientation) => turned(upright, orientation, name)));
        const agreements = (await predict(files)).map((prediction) => comparePredictions(original, [prediction]));
        const cosines = agreements.map(({ embeddingCosine }) => embeddingCosine);
        lowest[name] = { 'lowest cosine': Math.min(...cosines).toFixed(4) };
        expect(agreements.map(({ sameLabel }) => sameLabel)).toEqual(orientations.map(() => 1));
        expect(Math.min(...cosines)).toBeGreaterThanOrEqual(minCosine);
      },
    );
  },
);
