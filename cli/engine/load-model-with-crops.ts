import type { CropRule } from '../../shared/models/crop-rule.ts';
import { loadModel, type Model, modelWithCropRule } from '../../shared/models/model-directory.ts';

/** Loads a model directory. @param crops overrides the crop rule of its manifest */
export async function loadModelWithCrops(directory: string, crops: CropRule | undefined): Promise<Model> {
  const model = await loadModel(directory);
  return crops === undefined ? model : modelWithCropRule(model, crops);
}
