import { temporaryFolder } from './temporary-folder.ts';
import { type TinyModelOptions, writeTinyModel } from './tiny-model.ts';

/** Writes a tiny model to a temporary folder, and returns its path. */
export async function makeTinyModel(options?: TinyModelOptions): Promise<string> {
  const folder = temporaryFolder();
  await writeTinyModel(folder, options);
  return folder;
}
