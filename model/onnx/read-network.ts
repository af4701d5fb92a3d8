import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { readExternalData } from './external-data.ts';
import { decodeModelFile, encodeModel, readModelBytes } from './model-file.ts';
import type { ModelProto } from './onnx_pb.ts';
import { sortNodes } from './sort-nodes.ts';

/** A published network as its file has it, in one piece. */
export interface PublishedFile {
  /** File name for a manifest. */
  readonly file: string;
  /** Path, for error messages. */
  readonly path: string;
  /** All weights are in the model, and every value is produced before it is read. */
  readonly model: ModelProto;
  /** What the runtime opens to compute the network's own outputs: a path, or the bytes of a file. */
  readonly runnable: string | Uint8Array;
  /** Size and digest of the file; of a network in several files, those of the same network in one file. */
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Reads a published network with the weights that it keeps in other files.
 * @param path of an `.onnx` file
 * @throws {UserError} if a file is missing, damaged, too large or outside the folder of the network
 */
export async function readNetwork(path: string): Promise<PublishedFile> {
  const published = await readModelBytes(path);
  const decoded = decodeModelFile(published, path);
  const complete = await readExternalData(decoded, path);
  const bytes = complete === decoded ? published : encodeModel(complete);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file: basename(path), path, model: sortNodes(complete), runnable: path, bytes: bytes.length, sha256 };
}
