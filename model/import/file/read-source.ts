import { basename, dirname, join } from 'node:path';
import { modelOf } from '../../graph/graph.ts';
import { encodeModel } from '../../onnx/model-file.ts';
import { type PublishedFile, readNetwork } from '../../onnx/read-network.ts';
import { findModelFile, isModelFile } from '../../tensorflow-js/file/find-model-file.ts';
import { readTensorflowJs, type TensorflowJsOptions } from '../../tensorflow-js/read-tensorflow-js.ts';

/**
 * Reads a published network: an `.onnx` file, or a TensorFlow.js model, which is converted.
 * @param path of the file, or of the folder of a TensorFlow.js model
 * @throws {UserError} if a file is missing, damaged, too large or outside the folder of the network
 */
export async function readSource(path: string, options: TensorflowJsOptions): Promise<PublishedFile> {
  const file = await findModelFile(path);
  if (file === undefined) return readNetwork(path);
  const { graph, sha256 } = await readTensorflowJs(file, options);
  const model = modelOf(graph);
  const runnable = encodeModel(model);
  const name = join(basename(dirname(file)), basename(file));
  return { file: name, path, model, runnable, bytes: runnable.length, sha256 };
}

/**
 * What parity is measured against, for people: a TensorFlow.js model only as converted.
 * @param path as it was given
 * @param file name of the published file
 */
export function parityReference(path: string, file: string): string {
  return isModelFile(file) ? `${path} as converted to ONNX` : path;
}
