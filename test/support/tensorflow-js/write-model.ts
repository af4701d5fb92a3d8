import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CaseWeight, Json, ModelCase } from './model-case.ts';

interface StoredWeight {
  readonly spec: Readonly<Record<string, Json>>;
  readonly bytes: Buffer;
}

/** How a test stores weights. */
export interface StoreOptions {
  readonly quantize?: ((weight: CaseWeight) => StoredWeight) | undefined;
  /** Bytes of each file. @default all in one */
  readonly shardBytes?: number;
}

/** The content of `model.json`, with all weights in one group, and its files. */
export function modelFiles(model: ModelCase, options: StoreOptions = {}) {
  const { quantize = storePlain, shardBytes = Number.POSITIVE_INFINITY } = options;
  const stored = model.weights.map(quantize);
  const bytes = Buffer.concat(stored.map((weight) => weight.bytes));
  const count = Math.max(1, Math.ceil(bytes.length / shardBytes));
  const shards = Array.from({ length: count }, (_, index) => ({
    path: `group1-shard${index + 1}of${count}.bin`,
    bytes: count === 1 ? bytes : bytes.subarray(index * shardBytes, (index + 1) * shardBytes),
  }));
  const json = {
    format: model.format,
    modelTopology: model.topology,
    weightsManifest: [{ paths: shards.map(({ path }) => path), weights: stored.map(({ spec }) => spec) }],
  };
  return { json, shards };
}

/** Writes `model.json` and its weights. @returns the path of `model.json` */
export async function writeModel(folder: string, model: ModelCase, options: StoreOptions = {}): Promise<string> {
  const { json, shards } = modelFiles(model, options);
  await mkdir(folder, { recursive: true });
  for (const { path, bytes } of shards) await writeFile(join(folder, path), bytes);
  await writeFile(join(folder, 'model.json'), JSON.stringify(json));
  return join(folder, 'model.json');
}

function storePlain({ name, shape, data }: CaseWeight): StoredWeight {
  const dtype = data instanceof Int32Array ? 'int32' : 'float32';
  return { spec: { name, shape, dtype }, bytes: Buffer.from(data.buffer, data.byteOffset, data.byteLength) };
}
