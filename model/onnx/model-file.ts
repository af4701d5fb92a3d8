import { readFile, stat } from 'node:fs/promises';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { UserError } from '../../shared/failures/user-error.ts';
import { findExternalTensor, maxNetworkBytes, tooLarge } from './external-data.ts';
import { type ModelProto, ModelProtoSchema } from './onnx_pb.ts';
import { recognizeFile } from './recognize-file.ts';

/** @throws {UserError} if the file is missing, too large or cannot be read */
export async function readModelBytes(path: string): Promise<Uint8Array> {
  const { size } = await stat(path).catch(() => ({ size: 0 }));
  if (size > maxNetworkBytes) throw tooLarge(path, size);
  return readFile(path).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const reason =
      code === 'ENOENT'
        ? 'does not exist'
        : code === 'EISDIR'
          ? 'is a folder without the model.json of a TensorFlow.js model'
          : `cannot be read (${code})`;
    throw new UserError(`give an .onnx file: ${path} ${reason}`, { cause });
  });
}

/**
 * Decodes a model that keeps all its weights in one file.
 * @param name of the file, for error messages
 * @throws {UserError} if the bytes are not an ONNX model, are truncated, have no graph, or refer to external data
 */
export function decodeModel(bytes: Uint8Array, name = 'the model'): ModelProto {
  const model = decodeModelFile(bytes, name);
  const missing = findExternalTensor(model);
  if (missing === undefined) return model;
  throw new UserError(`${name} keeps the tensor ${missing.name} in another file: import the published file again`);
}

/** As `decodeModel`, for a model that can keep weights in other files, see `readExternalData`. */
export function decodeModelFile(bytes: Uint8Array, name: string): ModelProto {
  if (bytes.length === 0) throw new UserError(`${name} is empty: give the .onnx file of a model`);
  const kind = recognizeFile(bytes);
  if (kind !== undefined) throw new UserError(`${name} is not an ONNX model but ${kind}`);
  const model = parse(bytes, name);
  // Protocol buffers have no magic number, and text often parses as unknown fields: check the required fields too.
  if (model.irVersion <= 0n || model.opsetImport.length === 0) {
    throw new UserError(`${name} is not an ONNX model, or is truncated: it has no IR version or no operator set`);
  }
  if (model.graph === undefined || model.graph.node.length === 0) {
    throw new UserError(`${name} has no graph: expected an ONNX model with at least one node`);
  }
  return model;
}

/** The bytes of an `.onnx` file. Deterministic: the same model gives the same bytes. */
export function encodeModel(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

function parse(bytes: Uint8Array, name: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    // All writers begin with the IR version: 08, then a small number.
    const startsLikeModel = bytes[0] === 0x08 && (bytes[1] ?? 0xff) < 0x40;
    const reason = startsLikeModel
      ? 'truncated or damaged: it starts as an ONNX model; get the file again'
      : 'not an ONNX model';
    throw new UserError(`${name} is ${reason}`, { cause });
  }
}
