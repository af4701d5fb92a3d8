import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseModelJson } from '../../../model/tensorflow-js/file/model-json.ts';
import { convertLayers } from '../../../model/tensorflow-js/layers/convert-layers.ts';
import { convertAndRun, expectOutput } from '../../support/tensorflow-js/convert-and-run.ts';
import { layersCase } from '../../support/tensorflow-js/layer-builder.ts';
import { caseWeight, type ModelCase } from '../../support/tensorflow-js/model-case.ts';
import { modelFiles } from '../../support/tensorflow-js/write-model.ts';

const outer = caseWeight('outer', [1, 1, 3, 3]);
const inner = caseWeight('inner', [1, 1, 3, 3]);

/** A convolution `a`, then a model `block` with a convolution of the given name. */
function nested(innerName: string, [outerWeight, innerWeight]: readonly [string, string]): ModelCase {
  const config = { filters: 3, kernel_size: 1, use_bias: false };
  const layers = [{ class_name: 'Conv2D', config: { ...config, name: innerName } }];
  return {
    ...layersCase([
      { kind: 'Conv2D', name: 'a', config },
      { kind: 'Sequential', name: 'block', config: { layers } },
    ]),
    weights: [
      { ...outer, name: outerWeight },
      { ...inner, name: innerWeight },
    ],
  };
}

// TensorFlow.js itself needs different names.
it.each<[string, readonly [string, string]]>([
  ['of the inner model', ['a/kernel', 'block/a/kernel']],
  ['of all models', ['model/a/kernel', 'model/block/a/kernel']],
  ['of the inner model, with a cell', ['a/cell/kernel', 'block/a/cell/kernel']],
])('layers of the same name in different models have their own weights by the names %s', async (_, names) => {
  const expected = await convertAndRun(nested('b', ['a/kernel', 'b/kernel']));
  expectOutput(await convertAndRun(nested('a', names)), expected);
});

it('weights of the optimizer need no layer', () => {
  const model = nested('b', ['a/kernel', 'b/kernel']);
  const { json } = modelFiles(model);
  const manifest = json.weightsManifest.map((group) => ({
    ...group,
    weights: [...group.weights, { name: 'iterations', shape: [], dtype: 'float32', group: 'optimizer' }],
  }));
  const weights = [...model.weights, caseWeight('iterations', [])].map((weight) => [weight.name, weight] as const);
  const parsed = parseModelJson({ ...json, weightsManifest: manifest }, join('model', 'model.json'));
  expect(convertLayers(parsed, new Map(weights), {}).nodes).toHaveLength(2);
});
