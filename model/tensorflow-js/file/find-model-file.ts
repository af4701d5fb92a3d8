import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Names of a model's file, in the order in which they are tried. The last two are JavaScript modules, as in packages. */
const modelNames = ['model.json', 'model.min.js', 'model.js'];

/**
 * The file that describes a TensorFlow.js model: `path` itself, or `model.json`, `model.min.js` or `model.js` in the folder.
 * @returns undefined for any other file or folder
 */
export async function findModelFile(path: string): Promise<string | undefined> {
  const entry = await stat(path).catch(() => undefined);
  if (entry?.isDirectory()) {
    const names = await readdir(path).catch((): string[] => []);
    const name = modelNames.find((each) => names.includes(each));
    return name === undefined ? undefined : join(path, name);
  }
  return entry?.isFile() && isModelFile(path) ? path : undefined;
}

/** True for the name of a TensorFlow.js model's file. Any other file is read as ONNX. */
export function isModelFile(path: string): boolean {
  return /\.(json|js)$/i.test(basename(path));
}
