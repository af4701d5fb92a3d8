import { readFile } from 'node:fs/promises';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { UserError } from '../../shared/failures/user-error.ts';
import { type GraphProto, type ModelProto, ModelProtoSchema, type NodeProto, type TensorProto } from './onnx_pb.ts';
import { recognizeFile } from './recognize-file.ts';

/** TensorProto.DataLocation EXTERNAL of the IR specification. */
const external = 1;

/**
 * Reads an `.onnx` file.
 * @throws {UserError} if it cannot be read or decoded
 */
export async function readModel(path: string): Promise<ModelProto> {
  return decodeModel(await readModelBytes(path), path);
}

/** @throws {UserError} if the file is missing or cannot be read */
export async function readModelBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const reason =
      code === 'ENOENT' ? 'does not exist' : code === 'EISDIR' ? 'is a folder' : `cannot be read (${code})`;
    throw new UserError(`give an .onnx file: ${path} ${reason}`, { cause });
  });
}

/**
 * Decodes a model that keeps all its weights in one file.
 * @param name of the file, for error messages
 * @throws {UserError} if the bytes are not an ONNX model, are truncated, have no graph, or refer to external data
 */
export function decodeModel(bytes: Uint8Array, name = 'the model'): ModelProto {
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
  const missing = externalTensor(model.graph);
  if (missing !== undefined) {
    throw new UserError(
      `${name} keeps the tensor ${missing} in another file: save the model as one file (external data is not supported)`,
    );
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

function externalTensor(graph: GraphProto): string | undefined {
  const tensors = [...graph.initializer, ...graph.node.flatMap(attributeTensors)];
  return tensors.find(({ dataLocation }) => dataLocation === external)?.name;
}

function attributeTensors(node: NodeProto): TensorProto[] {
  return node.attribute.flatMap(({ t, tensors }) => (t === undefined ? tensors : [t, ...tensors]));
}
