import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tensorType } from '../../../model/graph/value.ts';
import { readTensorflowJs } from '../../../model/tensorflow-js/read-tensorflow-js.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { layersCase } from '../../support/tensorflow-js/layer-builder.ts';
import type { ModelCase } from '../../support/tensorflow-js/model-case.ts';
import { problemOf } from '../../support/tensorflow-js/problem-of.ts';
import { writeModel } from '../../support/tensorflow-js/write-model.ts';

describe('the size of the image', () => {
  it.each([
    [0, 'layer image (InputLayer) has a size of 0 ([7, 6, 0])'],
    ['x', 'layer image (InputLayer) is not supported: batch_input_shape.3 is "x"'],
    [1.5, 'layer image (InputLayer) is not supported: batch_input_shape.3 is 1.5'],
  ])('is refused if it has %j channels', async (channels, message) => {
    const model = layersCase([{ kind: 'GlobalAveragePooling2D', name: 'pool' }]);
    const shape = `[null,7,6,${JSON.stringify(channels)}]`;
    const topology = JSON.parse(JSON.stringify(model.topology).replace('[null,7,6,3]', shape));
    expect(await problemOf({ ...model, topology })).toContain(message);
  });

  const open: ModelCase = { ...layersCase([{ kind: 'GlobalAveragePooling2D', name: 'pool' }]), inputShape: [] };
  const topology = JSON.parse(JSON.stringify(open.topology).replace('[null,7,6,3]', '[null,null,null,3]'));

  it('must be given if the model leaves it open', async () => {
    expect(await problemOf({ ...open, topology })).toContain(
      'leaves its size open ([?, ?, 3]): give its size as the crop size',
    );
  });

  it.each(['null,null', '-1,-1', '4,null'])('is taken from the options if it is %s', async (sizes) => {
    const stated = JSON.parse(JSON.stringify(topology).replace('null,null,3', `${sizes},3`));
    const file = await writeModel(temporaryFolder(), { ...open, topology: stated });
    const { graph } = await readTensorflowJs(file, { size: { width: 5, height: 4 } });
    expect(graph.inputs.map((input) => tensorType(input).shape)).toEqual([['N', 3, 4, 5]]);
  });
});

describe('a file is refused if it', () => {
  it.each([
    ['is not JSON', 'no json', 'is not JSON: give the model.json of a TensorFlow.js model'],
    ['is another JSON file', '{"name": "package"}', 'is not a TensorFlow.js model (modelTopology is missing)'],
    ['has no weights', '{"modelTopology": {}}', 'is not a TensorFlow.js model (weightsManifest is missing)'],
  ])('%s', async (_, content, message) => {
    const file = join(temporaryFolder(), 'model.json');
    await writeFile(file, content);
    await expect(readTensorflowJs(file)).rejects.toThrow(`${file} ${message}`);
  });
});
