import type { Hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { UserError } from '../../../shared/failures/user-error.ts';
import { maxNetworkBytes, tooLarge } from '../../onnx/external-data.ts';
import { elementCount } from '../../onnx/tensor.ts';
import type { Weight } from '../network/feature.ts';
import { decodeWeight, storedBytes } from './decode-weights.ts';
import { exportedLiteral } from './javascript-literal.ts';
import type { ModelJson, WeightGroup } from './model-json.ts';
import { weightFile } from './weight-paths.ts';

interface Shard {
  /** Of its file. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads all weights of a model, by name.
 * @param digest is updated with the bytes of every file
 * @throws {UserError} if a file is missing, has another length, or lies outside the folder; or a weight cannot be decoded
 */
export async function readWeights(
  { weightsManifest }: ModelJson,
  { folder, file, digest }: { folder: string; file: string; digest: Hash },
): Promise<Map<string, Weight>> {
  const elements = weightsManifest.flatMap((group) => group.weights.map(({ shape }) => elementCount(shape)));
  const total = elements.reduce((sum, count) => sum + 4 * count, 0);
  if (total > maxNetworkBytes) throw tooLarge(file, total);
  const weights = new Map<string, Weight>();
  for (const group of weightsManifest) {
    const shards: Shard[] = [];
    for (const path of group.paths) {
      const shard = await weightFile(folder, path, file);
      const bytes = await readShard(shard);
      digest.update(bytes);
      shards.push({ name: basename(shard), bytes });
    }
    checkLength(group, shards, file);
    const joined = shards.length === 1 && shards[0] ? shards[0].bytes : Buffer.concat(shards.map(({ bytes }) => bytes));
    let offset = 0;
    for (const spec of group.weights) {
      if (weights.has(spec.name)) throw new UserError(`${file} has two weights named ${spec.name}`);
      const end = offset + storedBytes(spec);
      weights.set(spec.name, decodeWeight(spec, joined.subarray(offset, end)));
      offset = end;
    }
  }
  return weights;
}

async function readShard(file: string): Promise<Uint8Array> {
  const content = await readFile(file).catch((cause: unknown) => {
    throw new UserError(`the weights ${file} cannot be read`, { cause });
  });
  if (!file.endsWith('.js')) return content;
  const text = exportedLiteral(content.toString('latin1'), basename(file));
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    throw new UserError(`${basename(file)} does not export weights as base64`);
  }
  return Buffer.from(text, 'base64');
}

/** All shards but the last one have the same size, so another size shows which one is wrong. */
function checkLength({ weights }: WeightGroup, shards: readonly Shard[], file: string): void {
  const expected = weights.reduce((sum, spec) => sum + storedBytes(spec), 0);
  const found = shards.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (expected === found) return;
  const full = Math.max(...shards.map(({ bytes }) => bytes.length));
  const wrong = shards.slice(0, -1).find(({ bytes }) => bytes.length !== full) ?? shards.at(-1);
  const others = shards.length === 1 ? '' : ` of ${shards.length} files`;
  throw new UserError(
    `the weights of ${file} take ${expected} bytes, but ${wrong?.name}${others} has ${wrong?.bytes.length} ` +
      `(${found} in all): get the file again`,
  );
}
