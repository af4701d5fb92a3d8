import { describe, expect, it } from 'vitest';
import { modelCases } from '../../support/tensorflow-js/cases.ts';
import { convertAndRun, expectOutput } from '../../support/tensorflow-js/convert-and-run.ts';
import { readRecordedOutputs } from '../../support/tensorflow-js/recorded-outputs.ts';

// `npm run test:nsfwjs` compares the recorded outputs with TensorFlow.js itself.
const recorded = readRecordedOutputs();

describe('a converted model computes what TensorFlow.js computes:', () => {
  it.each(Object.entries(modelCases))('%s', async (name, model) => {
    expectOutput(await convertAndRun(model), recorded.get(name));
  });

  it('every recorded output has a case', () => {
    expect([...recorded.keys()]).toEqual(Object.keys(modelCases));
  });
});
