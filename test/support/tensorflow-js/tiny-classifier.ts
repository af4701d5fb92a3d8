import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sequentialCase } from './layer-builder.ts';
import type { ModelCase } from './model-case.ts';
import { modelFiles } from './write-model.ts';

/** A classifier of five classes for images of 224 × 224 pixels, with a convolution and two Dense layers. */
export const tinyClassifier: ModelCase = sequentialCase(
  [
    {
      kind: 'Conv2D',
      name: 'conv',
      config: { filters: 4, kernel_size: [5, 5], strides: [4, 4], padding: 'same', activation: 'relu' },
      weights: { kernel: [5, 5, 3, 4], bias: [4] },
    },
    { kind: 'GlobalAveragePooling2D', name: 'pool' },
    { kind: 'Dense', name: 'hidden', config: { units: 6, activation: 'tanh' }, weights: { kernel: [4, 6], bias: [6] } },
    {
      kind: 'Dense',
      name: 'classes',
      config: { units: 5, activation: 'softmax' },
      weights: { kernel: [6, 5], bias: [5] },
    },
  ],
  [224, 224, 3],
);

/** Writes a model as a package of npm has it: JavaScript modules with the description and the weights as base64. */
export async function writePackagedModel(folder: string, model: ModelCase): Promise<void> {
  const { json, shards } = modelFiles(model, { shardBytes: 500 });
  const wrapped = (value: unknown) =>
    `!function(e){"object"==typeof exports?module.exports=e():window.model=e()}(function(){n.exports=${JSON.stringify(value)}});`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.min.js'), wrapped(json));
  for (const { path, bytes } of shards) {
    await writeFile(join(folder, `${path}.min.js`), wrapped(bytes.toString('base64')));
  }
}
