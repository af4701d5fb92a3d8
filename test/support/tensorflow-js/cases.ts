import { layerCases } from './layer-cases.ts';
import type { ModelCase } from './model-case.ts';
import { operationCases } from './operation-cases.ts';

/** Every case by its name: `layer Softmax`, `operation Softmax`. */
export const modelCases: Readonly<Record<string, ModelCase>> = Object.fromEntries([
  ...Object.entries(layerCases).map(([name, model]) => [`layer ${name}`, model] as const),
  ...Object.entries(operationCases).map(([name, model]) => [`operation ${name}`, model] as const),
]);
