import { parseArgs } from 'node:util';
import { checkCrop } from '../../lambdas/classify/check-crop.ts';
import { findPreset } from '../../model/import/presets.ts';
import { decodeCropEnvelope, encodeCropEnvelope } from '../../shared/crops/crop-envelope.ts';
import { type CropMessage, chunksOf } from '../../shared/crops/crop-message.ts';
import { packedEnvelope } from '../../shared/crops/packed-envelope.ts';
import { resolveCrops } from '../../shared/crops/resolve-crops.ts';
import { writePack } from '../../shared/crops/write-pack.ts';
import { stackCrops } from '../../shared/inference/batch.ts';
import { preprocessDigest } from '../../shared/models/model-manifest.ts';
import { importGooglenet, temporaryFolder } from '../fixtures.ts';
import { describeMachine, median } from '../machine.ts';

// How many crops per second one core turns from message texts into stacked batches: decode, validate, stack. Without network
// requests and inference.
const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
    batch: { type: 'string', default: '64' },
  },
});
const count = Number(values.messages);
const batchSize = Number(values.batch);
const rule = findPreset('bvlc').preprocess;
await using temporary = await temporaryFolder();
const model = await importGooglenet(`${temporary.path}/model`);

console.log(describeMachine([]));
console.log(`${count} messages of one crop of 224×224, batches of ${batchSize}, one thread, ${values.rounds} rounds\n`);

const messages = Array.from({ length: batchSize }, (_, index) => crop(index));
const inline = messages.map((message) => encodeCropEnvelope(message));
const packs: Uint8Array[] = [];
const store = {
  write: async (_: unknown, bytes: Uint8Array) => {
    packs.push(bytes);
  },
};
const slices = await writePack(messages.flatMap(chunksOf), store, { bucket: 'b', key: 'k' });
const pointers = messages.map((message, index) =>
  encodeCropEnvelope(packedEnvelope(message, slices.slice(index, index + 1))),
);
const [pack = new Uint8Array()] = packs;
// Ranged reads from memory instead of S3.
const objects = {
  readRange: async (_: unknown, { offset, length }: { offset: number; length: number }) =>
    pack.subarray(offset, offset + length),
};

for (const [name, bodies] of [
  ['inline', inline],
  ['packed', pointers],
] as const) {
  const rates: number[] = [];
  for (let round = -1; round < Number(values.rounds); round += 1) {
    const started = performance.now();
    for (let done = 0; done < count; done += batchSize) await feed(bodies);
    if (round >= 0) rates.push((count / (performance.now() - started)) * 1000);
  }
  console.log(
    `${name.padEnd(7)} ${median(rates).toFixed(0).padStart(6)} crops/s  (${Math.min(...rates).toFixed(0)}–${Math.max(...rates).toFixed(0)})`,
  );
}

async function feed(bodies: readonly string[]): Promise<void> {
  const deliveries = await resolveCrops(
    bodies.map((text, index) => ({ receipt: String(index), attempt: 1, body: decodeCropEnvelope(text) })),
    objects,
  );
  const crops: Uint8Array[] = [];
  for (const { body } of deliveries) {
    if (body instanceof Error) throw body;
    const mismatch = checkCrop(body, model);
    if (mismatch) throw mismatch;
    crops.push(body.tensor.pixels);
  }
  stackCrops(crops, 224, 224);
}

function crop(seed: number): CropMessage {
  const pixels = Uint8Array.from({ length: 224 * 224 * 3 }, (_, index) => (index * 31 + seed * 17) % 256);
  return {
    image: { bucket: 'drop', key: `photos/${seed}.jpg`, etag: 'a5e568e7c0c7db1225b0063c287462ef' },
    job: 'photos',
    width: 500,
    height: 375,
    format: 'jpeg',
    bytes: 110_000,
    preprocess: preprocessDigest(rule),
    sequencer: '0069B52ADF4FAE6487',
    eventTime: new Date(),
    ingestedAt: new Date(),
    tensor: { count: 1, height: 224, width: 224, scale: rule.scale, zeroPoint: rule.mean, pixels },
  };
}
