import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { type Graph, modelOf } from '../../model/graph/graph.ts';
import { elementType } from '../../model/onnx/element-type.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';
import { StringStringEntryProtoSchema } from '../../model/onnx/onnx_pb.ts';

export interface ExternalOptions {
  /** Location that the model states. */
  readonly location?: string;
  /** Replaces what the model states of a tensor, such as its offset. */
  readonly entries?: (stated: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

/** Writes a model whose float weights are in another file, one after the other at multiples of 64, as PyTorch exports. */
export async function writeExternal(
  folder: string,
  network: Graph,
  { location = 'weights.data', entries = (stated) => stated }: ExternalOptions = {},
): Promise<{ readonly source: string; readonly data: Uint8Array }> {
  const model = modelOf(network);
  const parts: Uint8Array[] = [];
  let offset = 0;
  const initializer = (model.graph?.initializer ?? []).map((tensor) => {
    if (tensor.dataType !== elementType.float) return tensor;
    const { length } = tensor.rawData;
    const stated = entries({ location, offset: String(offset), length: String(length) });
    const padded = new Uint8Array(Math.ceil(length / 64) * 64);
    padded.set(tensor.rawData);
    parts.push(padded);
    offset += padded.length;
    const externalData = Object.entries(stated).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    );
    return { ...tensor, rawData: new Uint8Array(), dataLocation: 1, externalData };
  });
  const graph = model.graph && { ...model.graph, initializer };
  const source = join(folder, 'published.onnx');
  await writeFile(source, encodeModel({ ...model, ...(graph && { graph }) }));
  return { source, data: Buffer.concat(parts) };
}
