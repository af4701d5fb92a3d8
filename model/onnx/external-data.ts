import { type FileHandle, open, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { UserError } from '../../shared/failures/user-error.ts';
import type { ModelProto, NodeProto, TensorProto } from './onnx_pb.ts';
import { tensorBytes } from './tensor.ts';

/** TensorProto.DataLocation of the IR specification. */
const dataLocation = { default: 0, external: 1 } as const;
/** Protocol buffers cannot encode more, and the imported network is one file. */
export const maxNetworkBytes = 2 ** 31 - 1;

/** The first tensor that keeps its elements in another file; undefined if all are in the model. */
export function findExternalTensor({ graph }: ModelProto): TensorProto | undefined {
  return tensorsOf(graph).find(isExternal);
}

/**
 * Reads the tensors that a model keeps in other files, as exporters write for large networks. Legal only if
 * 1. each location is a relative path without `..`, of a file that lies in the folder of the model, links resolved,
 * 2. offset and length lie inside that file, and the length is that of the tensor's elements, and
 * 3. all tensors together stay below 2 GB.
 * @param path of the model's file
 * @returns the model with all its weights; the same model if it has them already
 * @throws {UserError} with the tensor and its location
 */
export async function readExternalData(model: ModelProto, path: string): Promise<ModelProto> {
  const { graph } = model;
  const external = tensorsOf(graph).filter(isExternal);
  if (graph === undefined || external.length === 0) return model;
  const total = external.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  if (total > maxNetworkBytes) throw tooLarge(path, total);
  const files = new Map<string, FileHandle>();
  try {
    const read = async (tensor: TensorProto): Promise<TensorProto> => {
      if (!isExternal(tensor)) return tensor;
      const { location, offset, length } = positionOf(tensor, path);
      const file = files.get(location) ?? (await openInside(path, location, tensor));
      files.set(location, file);
      const rawData = await readRange(file, { location, offset, length, tensor });
      return { ...tensor, rawData, externalData: [], dataLocation: dataLocation.default };
    };
    const initializer: TensorProto[] = [];
    for (const tensor of graph.initializer) initializer.push(await read(tensor));
    const node: NodeProto[] = [];
    for (const each of graph.node) node.push(await withTensors(each, read));
    return { ...model, graph: { ...graph, initializer, node } };
  } finally {
    for (const file of files.values()) await file.close();
  }
}

export function tooLarge(name: string, bytes: number): UserError {
  const gigabytes = (bytes / 1e9).toFixed(1);
  return new UserError(
    `${name} has ${gigabytes} GB of weights: a network in one ONNX file holds less than 2.1 GB; import a smaller variant`,
  );
}

interface Position {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

function positionOf(tensor: TensorProto, path: string): Position {
  const entries = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const expected = tensorBytes(tensor);
  const [offset, length] = [entries.get('offset') ?? '0', entries.get('length') ?? String(expected)].map(Number);
  if (offset === undefined || !Number.isSafeInteger(offset) || offset < 0 || length !== expected) {
    throw new UserError(
      `${path}: the tensor ${tensor.name} needs ${expected} bytes, but the file states length ${entries.get('length')} at ` +
        `offset ${entries.get('offset')}: export the model again`,
    );
  }
  const segments = location.split(/[/\\]/);
  if (location === '' || isAbsolute(location) || /^[a-z]:/i.test(location) || segments.includes('..')) {
    throw new UserError(
      `${path}: the tensor ${tensor.name} is in ${JSON.stringify(location)}: weights are only read from the folder of the ` +
        'model; save the model with relative paths',
    );
  }
  return { location, offset, length };
}

async function openInside(path: string, location: string, tensor: TensorProto): Promise<FileHandle> {
  const folder = await realpath(dirname(path));
  const file = join(folder, location);
  const missing = (cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    const advice = `keep ${location} next to the .onnx file`;
    return new UserError(`${path} keeps the tensor ${tensor.name} in ${file}, which ${reason}: ${advice}`, { cause });
  };
  const actual = await realpath(file).catch((cause: unknown) => Promise.reject(missing(cause)));
  const inside = relative(folder, actual);
  if (inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new UserError(
      `${path}: ${location} is a link to ${actual}, outside the folder of the model: copy that file into the folder`,
    );
  }
  const handle = await open(actual).catch((cause: unknown) => Promise.reject(missing(cause)));
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  await handle.close();
  throw new UserError(
    `${path} keeps the tensor ${tensor.name} in ${file}, which is not a file: export the model again`,
  );
}

async function readRange(
  file: FileHandle,
  { location, offset, length, tensor }: Position & { readonly tensor: TensorProto },
): Promise<Uint8Array> {
  const { size } = await file.stat();
  if (offset + length > size) {
    throw new UserError(
      `${location} has ${size} bytes, but the tensor ${tensor.name} ends at byte ${offset + length}: the file is ` +
        'truncated or belongs to another model; get it again',
    );
  }
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
    if (bytesRead === 0) throw new UserError(`${location} became shorter while it was read: try again`);
    filled += bytesRead;
  }
  return bytes;
}

async function withTensors(node: NodeProto, read: (tensor: TensorProto) => Promise<TensorProto>): Promise<NodeProto> {
  if (!attributeTensors(node).some(isExternal)) return node;
  const attribute: NodeProto['attribute'] = [];
  for (const each of node.attribute) {
    const tensors: TensorProto[] = [];
    for (const tensor of each.tensors) tensors.push(await read(tensor));
    attribute.push({ ...each, ...(each.t && { t: await read(each.t) }), tensors });
  }
  return { ...node, attribute };
}

function isExternal(tensor: TensorProto): boolean {
  return tensor.dataLocation === dataLocation.external;
}

function tensorsOf(graph: ModelProto['graph']): TensorProto[] {
  return graph === undefined ? [] : [...graph.initializer, ...graph.node.flatMap(attributeTensors)];
}

function attributeTensors(node: NodeProto): TensorProto[] {
  return node.attribute.flatMap(({ t, tensors }) => (t === undefined ? tensors : [t, ...tensors]));
}
