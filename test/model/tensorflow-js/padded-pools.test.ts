import { Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { modelOf } from '../../../model/graph/graph.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { readTensorflowJs } from '../../../model/tensorflow-js/read-tensorflow-js.ts';
import { openNetwork } from '../../../model/verify/network-session.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { modelCases } from '../../support/tensorflow-js/cases.ts';
import { writeModel } from '../../support/tensorflow-js/write-model.ts';

// The other tests run without the runtime's optimizations.
it.each(Object.keys(modelCases).filter((name) => / after padding of \d$/.test(name)))(
  'the runtime does not join a Pad with the pool after it: %s',
  async (name) => {
    const model = modelCases[name];
    if (model === undefined) throw new Error(`no case ${name}`);
    const { graph } = await readTensorflowJs(await writeModel(temporaryFolder(), model));
    const network = await openNetwork(encodeModel(modelOf(graph)), name);
    // Black at the edges is more than any pixel, and less in a mean.
    const image = new Tensor('float32', new Float32Array(3 * 7 * 6).fill(-1), [1, 3, 7, 6]);
    const { pool } = await network.run({ image });
    expect(pool?.data[0]).toBe(name.includes('Max') || name.endsWith('2') ? 0 : -0.25);
    await network.release();
  },
);
