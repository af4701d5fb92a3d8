import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import type { Graph } from '../graph/graph.ts';
import { exportedLiteral } from './file/javascript-literal.ts';
import { parseModelJson } from './file/model-json.ts';
import { readWeights } from './file/read-weights.ts';
import { convertLayers } from './layers/convert-layers.ts';
import { convertOperations } from './operations/convert-operations.ts';

export interface TensorflowJsModel {
  /** Float [N, 3, height, width] to the model's outputs. */
  readonly graph: Graph;
  /** Of the model's description and the bytes of all its weights. */
  readonly sha256: string;
}

export interface TensorflowJsOptions {
  /** Size of the image, if the model leaves it open. */
  readonly size?: { readonly width: number; readonly height: number } | undefined;
}

/**
 * Reads a TensorFlow.js model, in the form of layers or of a graph of operations, and converts it to ONNX with channels
 * first. Weights are decoded to float32.
 * @param file see `findModelFile`; the weights are in its folder
 * @throws {UserError} if a file is invalid or missing, or a layer or an operation is not supported
 */
export async function readTensorflowJs(file: string, { size }: TensorflowJsOptions = {}): Promise<TensorflowJsModel> {
  const content = await readFile(file).catch((cause: unknown) => {
    throw new UserError(`the TensorFlow.js model ${file} cannot be read`, { cause });
  });
  const json = parseModelJson(parseContent(content.toString('utf8'), file), file);
  // Of the content, so that a package's modules and the plain files of the same model have the same digest.
  const digest = createHash('sha256').update(JSON.stringify(json));
  const weights = await readWeights(json, { folder: dirname(file), file, digest });
  const isGraph = json.format === 'graph-model' || Array.isArray(json.modelTopology['node']);
  try {
    const graph = isGraph ? convertOperations(json, weights, { size }) : convertLayers(json, weights, { size });
    return { graph, sha256: digest.digest('hex') };
  } catch (cause) {
    if (cause instanceof UserError) throw new UserError(`${file}: ${cause.message}`, { cause });
    throw cause;
  }
}

function parseContent(text: string, file: string): unknown {
  if (file.endsWith('.js')) return exportedLiteral(text, basename(file));
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${file} is not JSON: give the model.json of a TensorFlow.js model`, { cause });
  }
}
