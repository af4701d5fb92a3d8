import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Graph, modelOf } from '../../model/graph/graph.ts';
import { encodeModel } from '../../model/onnx/model-file.ts';

export interface ExternalOptions {
  /** Location that the model states. */
  readonly location?: string;
  /** Replaces what the model states of a tensor, such as its offset. */
  readonly entries?: (stated: Readonly<Record<string, string>>) => Readonly<Record<string, string>>;
}

/** Writes a model whose float weights are in another file, one after the other at multiples of 64, as PyTorch exports. */
export async function writeExternal(
  folder: string,
  graph: Graph,
  { location = 'weights.data', entries = (stated) => stated }: ExternalOptions = {},
): Promise<{ readonly source: string; readonly data: Uint8Array }> {
  const model = modelOf(graph);
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of model.graph?.initializer ?? []) {
    if (tensor.dataType !== 1) continue;
    const length = tensor.rawData.length;
    const stated = entries({ location, offset: String(offset), length: String(length) });
    const external = Object.entries(stated).map(([key, value]) => ({
      $typeName: 'onnx.StringStringEntryProto' as const,
      key,
      value,
    }));
    const padded = new Uint8Array(Math.ceil(length / 64) * 64);
    padded.set(tensor.rawData);
    parts.push(padded);
    offset += padded.length;
    Object.assign(tensor, { rawData: new Uint8Array(), dataLocation: 1, externalData: external });
  }
  const source = join(folder, 'published.onnx');
  await writeFile(source, encodeModel(model));
  return { source, data: Buffer.concat(parts) };
}
