import { openTensorflowJs } from '../../../bench/tensorflow-js/install.ts';
import { modelCases } from './cases.ts';
import { type CaseOutput, writeRecordedOutputs } from './recorded-outputs.ts';
import { runTensorflowJs } from './run-tensorflow-js.ts';

// Records what TensorFlow.js computes for every case. Run it after a change of the cases.
const { tf } = await openTensorflowJs('cpu');
const outputs = new Map<string, CaseOutput>();
for (const [name, model] of Object.entries(modelCases)) {
  outputs.set(name, await runTensorflowJs(tf, model));
}
writeRecordedOutputs(outputs);
console.log(`recorded ${outputs.size} cases`);
