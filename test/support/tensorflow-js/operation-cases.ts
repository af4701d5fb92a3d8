import { arithmeticCases } from './arithmetic-cases.ts';
import { convolutionCases } from './convolution-cases.ts';
import type { ModelCase } from './model-case.ts';
import { reductionCases } from './reduction-cases.ts';
import { shapeCases } from './shape-cases.ts';

/** Every kind of operation that is converted, with the settings that change the result. */
export const operationCases: Readonly<Record<string, ModelCase>> = {
  ...convolutionCases,
  ...reductionCases,
  ...arithmeticCases,
  ...shapeCases,
};
