import { InferenceSession, Tensor } from 'onnxruntime-node';
import { z } from 'zod';
import { extractHead } from '../../model/finetune/extract-head.ts';
import type { Results } from '../../results/open/open-results.ts';
import { topK } from '../../shared/inference/top-k.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { ResultsWriter } from '../../shared/rows/results-writer.ts';
import type { ClassifiedRow } from '../../shared/rows/row.ts';

const rowsSchema = z.array(
  z.object({
    ...{ image_id: z.string(), bucket: z.string(), key: z.string(), version: z.string().nullable() },
    ...{ etag: z.string().nullable(), job: z.string(), bytes: z.bigint().transform(Number), preprocess: z.string() },
    ...{ width: z.number(), height: z.number(), format: z.string(), sequencer: z.string().nullable() },
    ...{ event_time: z.date(), ingested_at: z.date(), embedding: z.array(z.number()) },
  }),
);

/** The obvious baseline: each row as an object, labeled one at a time. Parts are written as usual. */
export async function rowByRow(results: Results, model: Model, writer: ResultsWriter, count: number): Promise<void> {
  const { labels, outputs } = model.manifest;
  const session = await InferenceSession.create(await extractHead(model.network, outputs));
  const rows: ClassifiedRow[] = [];
  for await (const stored of results.streamRows(rowsSchema, `select * from results limit ${count}`)) {
    for (const { embedding: numbers, ...rest } of stored) {
      const embedding = Float32Array.from(numbers);
      const outputTensors = await session.run({
        [outputs.embedding]: new Tensor('float32', embedding, [1, embedding.length]),
      });
      const probabilities = outputTensors[outputs.probabilities]?.data;
      if (!(probabilities instanceof Float32Array)) throw new Error('the head has no float32 output');
      const top = topK(probabilities, labels, 5);
      const [best] = top;
      if (best === undefined) throw new Error('the model has no labels');
      rows.push({
        ...{ ...rest, ...best, top, embedding, status: 'classified', reason: null, detail: null },
        ...{ model: model.id, provider: 'cpu', classified_at: new Date() },
      });
    }
  }
  await session.release();
  await writer.append(rows);
}
