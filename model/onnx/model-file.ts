import { readFile } from 'node:fs/promises';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { UserError } from '../../shared/failures/user-error.ts';
import { type GraphProto, type ModelProto, ModelProtoSchema, type NodeProto, type TensorProto } from './onnx_pb.ts';

/** TensorProto.DataLocation EXTERNAL of the IR specification. */
const external = 1;

/**
 * Reads an `.onnx` file.
 * @throws {UserError} when it cannot be read or `decodeModel` refuses it.
 */
export async function readModel(path: string): Promise<ModelProto> {
  return decodeModel(await readModelBytes(path), path);
}

/** @throws {UserError} when there is no such file or it cannot be read. */
export async function readModelBytes(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const what = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : code;
    throw new UserError(`expected an .onnx file at ${path}: ${what}`, { cause });
  });
}

/**
 * Decodes a model that is whole in itself.
 * @param name of the file, for error messages
 * @throws {UserError} when the bytes are not an ONNX model, end early, hold no graph, or keep weights in other files.
 */
export function decodeModel(bytes: Uint8Array, name = 'the model'): ModelProto {
  if (bytes.length === 0) throw new UserError(`${name} is empty: expected an ONNX model`);
  const model = parse(bytes, name);
  // Protocol buffers have no magic number: text often parses as unknown fields, so the fields must make sense too.
  if (model.irVersion <= 0n || model.opsetImport.length === 0) {
    throw new UserError(`${name} is not an ONNX model, or is cut off: it states no IR version or no operator set`);
  }
  if (model.graph === undefined || model.graph.node.length === 0) {
    throw new UserError(`${name} holds no graph: expected an ONNX model with at least one node`);
  }
  const missing = externalTensor(model.graph);
  if (missing !== undefined) {
    throw new UserError(
      `${name} keeps the tensor ${missing} in another file: external data is not read; save the model as one file`,
    );
  }
  return model;
}

/** The model as bytes of an `.onnx` file: the same message always gives the same bytes. */
export function encodeModel(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}

function parse(bytes: Uint8Array, name: string): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    // The IR version comes first in every writer's output: 08, then a small number.
    const begins = bytes[0] === 0x08 && (bytes[1] ?? 0xff) < 0x40;
    throw new UserError(
      begins
        ? `${name} is cut off or damaged: it begins as an ONNX model, but cannot be read to its end`
        : `${name} is not an ONNX model`,
      { cause },
    );
  }
}

function externalTensor(graph: GraphProto): string | undefined {
  const tensors = [...graph.initializer, ...graph.node.flatMap(attributeTensors)];
  const found = tensors.find(({ dataLocation }) => dataLocation === external);
  return found?.name;
}

function attributeTensors(node: NodeProto): TensorProto[] {
  return node.attribute.flatMap(({ t, tensors }) => (t === undefined ? tensors : [t, ...tensors]));
}
