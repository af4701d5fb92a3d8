import { expect, it } from 'vitest';
import { modelCases } from '../../support/tensorflow-js/cases.ts';
import { convertAndRun, expectOutput } from '../../support/tensorflow-js/convert-and-run.ts';
import { layersCase } from '../../support/tensorflow-js/layer-builder.ts';
import { problemOf } from '../../support/tensorflow-js/problem-of.ts';
import { readRecordedOutputs } from '../../support/tensorflow-js/recorded-outputs.ts';

/** Inputs of layers as Keras 3 writes them, which TensorFlow.js itself cannot read. */
function inKeras3(topology: unknown): unknown {
  const text = JSON.stringify(topology)
    .replaceAll(
      /\["(\w+)",(\d),(\d),\{\}\]/g,
      '{"class_name":"__keras_tensor__","config":{"shape":[null],"keras_history":["$1",$2,$3]}}',
    )
    .replaceAll(/"inbound_nodes":\[\[(.+?)\]\]([,}])/g, '"inbound_nodes":[{"args":[[$1]],"kwargs":{}}]$2')
    .replaceAll('batch_input_shape', 'batch_shape');
  return JSON.parse(text);
}

it.each(['layer Concatenate channels', 'layer Conv2D, same, stride 2'])(
  'a model that Keras 3 wrote gives the same outputs: %s',
  async (name) => {
    const model = modelCases[name];
    if (model === undefined) throw new Error(`no case ${name}`);
    const topology = inKeras3(model.topology);
    expect(JSON.stringify(topology)).toContain('keras_history');
    expectOutput(
      await convertAndRun({ ...model, topology: JSON.parse(JSON.stringify(topology)) }),
      readRecordedOutputs().get(name),
    );
  },
);

it('an input of Keras 3 with a negative index is named', async () => {
  const model = layersCase([{ kind: 'ReLU', name: 'the_layer' }]);
  const text = JSON.stringify(inKeras3(model.topology)).replace('["image",0,0]', '["image",-1,0]');
  const problem = await problemOf({ ...model, topology: JSON.parse(text) });
  expect(problem).toContain('the layers of the model are invalid: layers.1.inbound_nodes.0');
});
