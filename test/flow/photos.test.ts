import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { ingest } from '../../lambdas/ingest/ingest.ts';
import { untraced } from '../../lambdas/ingest/ports.ts';
import { decodeCropEnvelope, encodeCropEnvelope } from '../../shared/crops/crop-envelope.ts';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { openCropper } from '../../shared/images/cropper/image-cropper.ts';
import { decodePool } from '../../shared/images/decode/decode-pool.ts';
import { defaultDecodeLimits } from '../../shared/images/decode/identify.ts';
import { stackCrops } from '../../shared/inference/batch.ts';
import { openSession } from '../../shared/inference/open-session.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { MemoryQueue } from '../../shared/stores/local/memory-queue.ts';
import { jsonLines } from '../support/cli.ts';
import { describeWithFixtures } from '../support/fixtures.ts';
import { RecordingResults } from '../support/recording-results.ts';
import { runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describeWithFixtures('GoogLeNet with its published weights', (fixtures) => {
  const folder = temporaryFolder();
  const model = join(folder, 'googlenet');

  beforeAll(async () => {
    const source = join(fixtures, 'models/googlenet-zoo.onnx');
    const labels = join(fixtures, 'models/synset_words.txt');
    const options = ['--preset', 'bvlc', '--labels', labels, '--out', model];
    const imported = await runCommand(['model', 'import', source, ...options]);
    expect(imported).toMatchObject({ code: 0, stderr: '' });
  });

  it('classifies every photo of a folder with top-1 of at least 0.82 and top-5 of at least 0.965', async () => {
    const store = join(folder, 'store');
    const photos = await readdir(join(fixtures, 'photos'));
    const run = await runCommand(['run', join(fixtures, 'photos'), '--model', model, '--store', store, '--json']);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ total: 200, classified: 200, rejected: 0, pending: 0, done: 0 });

    const { stdout } = await runCommand(['results', '--store', store, '--format', 'jsonl']);
    const rowSchema = z.object({
      key: z.string(),
      label_id: z.string(),
      top: z.array(z.object({ label_id: z.string() })),
    });
    const rows = jsonLines(stdout).map((row) => rowSchema.parse(row));
    expect(rows.map(({ key }) => key)).toEqual(photos.toSorted());
    const share = (count: number) => count / rows.length;
    const synset = (key: string) => key.slice(0, 9);
    expect(share(rows.filter(({ key, label_id }) => label_id === synset(key)).length)).toBeGreaterThanOrEqual(0.82);
    const inTop = rows.filter(({ key, top }) => top.some(({ label_id }) => label_id === synset(key)));
    expect(share(inTop.length)).toBeGreaterThanOrEqual(0.965);
  });

  it('agrees with another engine on the same tensors: probabilities within 1e-4, embeddings within 1e-3', async () => {
    const { manifest, ...rest } = await loadModel(model);
    const session = await openSession({ manifest, ...rest }, { threads: 1 });
    const tensors = await floats(join(fixtures, 'reference/tensors.f32'));
    const probabilities = await floats(join(fixtures, 'reference/prob.f32'));
    const embeddings = await floats(join(fixtures, 'reference/embedding.f32'));
    const images = 8;
    const stride = tensors.length / images;
    const crops = Array.from({ length: images }, (_, image) =>
      interleaved(tensors.subarray(image * stride, (image + 1) * stride), manifest.preprocess.mean),
    );
    const scores = await session.run(stackCrops(crops, 224, 224));
    await session.close();
    expect(maxAbsoluteDifference(scores.probabilities, probabilities)).toBeLessThan(1e-4);
    for (let image = 0; image < images; image += 1) {
      const slice = (values: Float32Array) => values.subarray(image * 1024, (image + 1) * 1024);
      const error = Math.hypot(
        ...slice(scores.embeddings).map((value, index) => value - (slice(embeddings)[index] ?? 0)),
      );
      expect(error / Math.hypot(...slice(embeddings))).toBeLessThan(1e-3);
    }
  });

  it('sends crops whose tensors are exactly the crop minus the mean', async () => {
    const { manifest, id, preprocess: digest } = await loadModel(model);
    const crops = new MemoryQueue<CropMessage>({ visibilitySeconds: 60 });
    const key = 'n01440764_tench.jpg';
    const bucket = join(fixtures, 'photos');
    const event = { kind: 'created' as const, bucket, key, eventTime: new Date(), job: 'test' };
    const rule = manifest.preprocess;
    const limits = { ...defaultDecodeLimits, maxBytes: 1e6 };
    const pool = decodePool(1, limits);
    const cropper = openCropper({ rule, limits, pool });
    await ingest([{ receipt: '1', attempt: 1, body: [event] }], {
      objects: new FolderStore(),
      crops,
      results: new RecordingResults(),
      model: { id, preprocess: digest, rule },
      limits,
      outputs: [],
      requestedPrefix: '',
      pool,
      cropper,
      trace: untraced,
      maxAttempts: 1,
      now: () => new Date(),
    });
    const [delivery] = await crops.receive({ max: 1, waitSeconds: 0 });
    if (delivery === undefined || delivery.body instanceof Failure) throw new Error('expected a crop');
    const { tensor } = decodeCropEnvelope(encodeCropEnvelope(delivery.body));
    if (!('pixels' in tensor)) throw new Error('expected pixels');

    const crop = await sharp(join(bucket, key))
      .resize(256, 256, { fit: 'fill' })
      .extract({ left: 16, top: 16, width: 224, height: 224 })
      .raw()
      .toBuffer();
    const mean = [123, 117, 104];
    const dequantized = Float64Array.from(tensor.pixels, (pixel, index) => {
      const channel = index % 3;
      return (tensor.scale[channel] ?? 0) * (pixel - (tensor.zeroPoint[channel] ?? 0));
    });
    expect(dequantized).toEqual(Float64Array.from(crop, (pixel, index) => pixel - (mean[index % 3] ?? 0)));
  });
});

async function floats(path: string): Promise<Float32Array> {
  const bytes = await readFile(path);
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** Converts reference planes (blue, green, red, mean subtracted) back to RGB pixels. */
function interleaved(planes: Float32Array, mean: readonly number[]): Uint8Array {
  const plane = planes.length / 3;
  return Uint8Array.from({ length: planes.length }, (_, index) => {
    const channel = index % 3;
    const value = (planes[(2 - channel) * plane + Math.floor(index / 3)] ?? 0) + (mean[channel] ?? 0);
    expect(Number.isInteger(value)).toBe(true);
    return value;
  });
}

function maxAbsoluteDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((max, value, index) => Math.max(max, Math.abs(value - (b[index] ?? 0))), 0);
}
