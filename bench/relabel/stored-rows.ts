import { seededRandom } from '../../model/finetune/seeded-random.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import type { ClassifiedRow } from '../../shared/rows/row.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';

/** Rows as a worker stores them: 512 a part. */
const rowsPerPart = 512;

/**
 * Writes classified rows of a model into a folder. Embeddings are noise of which a third is zero, as behind a Relu: how long
 * it takes to read, label and write them does not depend on what they say.
 */
export async function storeRows(folder: string, count: number, model: Model): Promise<void> {
  const store = new ResultsStore(new FolderStore(), { bucket: folder, prefix: '' });
  const random = seededRandom(1);
  for (let start = 0; start < count; start += rowsPerPart) {
    const length = Math.min(rowsPerPart, count - start);
    await store.append(Array.from({ length }, (_, row) => rowOf(start + row, model, random)));
  }
}

function rowOf(number: number, { id, preprocess, manifest }: Model, random: () => number): ClassifiedRow {
  const key = `batch-${number % 100}/photo-${number}.jpg`;
  const etag = number.toString(16).padStart(16, '0');
  const top = manifest.labels.slice(0, 5).map((label, place) => ({
    label_id: label.id,
    label: label.name,
    probability: 0.5 / 2 ** place,
  }));
  const time = new Date(Date.UTC(2026, 2, 1) + number);
  return {
    ...{ image_id: `drop/${key}@${etag}`, bucket: 'drop', key, version: null, etag, job: 'bench' },
    ...{ status: 'classified', reason: null, detail: null, model: id, preprocess },
    ...{ label: top[0]?.label ?? '', label_id: top[0]?.label_id ?? '', probability: 0.5, top },
    embedding: Float32Array.from({ length: manifest.outputs.embeddingSize }, () => Math.max(0, 3 * random() - 1)),
    ...{ width: 500, height: 375, format: 'jpeg', bytes: 100_000 + number, provider: 'cpu', sequencer: null },
    ...{ event_time: time, ingested_at: time, classified_at: time },
  };
}
