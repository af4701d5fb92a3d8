import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import { decodeModel } from '../onnx/model-file.ts';
import type { ModelProto } from '../onnx/onnx_pb.ts';
import { readNetwork } from '../onnx/read-network.ts';

export interface InspectedNetwork {
  /** Path of the `.onnx` file. */
  readonly file: string;
  readonly model: ModelProto;
  readonly bytes: number;
  /** Absent for an `.onnx` file without a model directory. */
  readonly described?: Model;
}

/**
 * Opens a model directory or an `.onnx` file.
 * @throws {UserError} if the path is missing, or is neither
 */
export async function openInspected(path: string): Promise<InspectedNetwork> {
  const stats = await stat(path).catch((cause: unknown) => {
    throw new UserError(`no model directory or .onnx file at ${path}`, { cause });
  });
  if (!stats.isDirectory()) {
    const { model, bytes } = await readNetwork(path);
    return { file: path, model, bytes };
  }
  const described = await loadModel(path);
  const file = join(path, described.manifest.file);
  return { file, model: decodeModel(described.network, file), bytes: described.network.length, described };
}
