import { listValue } from '@duckdb/node-api';
import { z } from 'zod';
import { contentReasons } from '../../shared/failures/failure.ts';
import type { Results } from '../open/open-results.ts';
import type { Computation } from '../questions/finished-images.ts';

/** What there is to relabel, in images. */
export interface RelabelCounts {
  /** Classified by one of the sources, or rejected by one for what their bytes hold. */
  readonly total: number;
  /** Of these, those that have a row of the model already. */
  readonly done: number;
  /** Of these, the classified. */
  readonly classifiedBefore: number;
  /** Rejected by the sources alone for what may pass: a run with the model tries them. */
  readonly untried: number;
  /** Classified by the sources with another preprocessing, such as more crops. */
  readonly otherwise: number;
}

const countsSchema = z.tuple([
  z.object({
    total: z.number(),
    done: z.number(),
    classifiedBefore: z.number(),
    untried: z.number(),
    otherwise: z.number(),
  }),
]);

/** @throws {UserError} naming a part that cannot be read */
export async function countRelabel(
  results: Results,
  sources: readonly string[],
  { model, preprocess }: Computation,
): Promise<RelabelCounts> {
  const run = async () => {
    const reader = await results.connection.runAndReadAll(
      `with source as (
         select image_id, bool_or(preprocess = $preprocess and status = 'classified') as classified,
           bool_or(preprocess = $preprocess and status = 'rejected' and list_contains($reasons, reason)) as settled,
           bool_or(preprocess = $preprocess and status = 'rejected') as rejected,
           bool_or(preprocess <> $preprocess and status = 'classified') as otherwise
         from results where list_contains($sources, model) group by image_id
       ),
       own as (
         select image_id, bool_or(status = 'classified') as classified from results
         where model = $model and preprocess = $preprocess and status in ('classified', 'rejected') group by image_id
       ),
       both_of as (select source.*, own.image_id is not null as has_row, coalesce(own.classified, false) as own
         from source left join own using (image_id))
       select count(*) filter (classified or settled)::double as total,
         count(*) filter ((classified and own) or (settled and not classified and has_row))::double as done,
         count(*) filter ((classified or settled) and own)::double as classifiedBefore,
         count(*) filter (rejected and not settled and not classified and not has_row)::double as untried,
         count(*) filter (otherwise and not classified)::double as otherwise
       from both_of`,
      { model, preprocess, sources: listValue([...sources]), reasons: listValue([...contentReasons]) },
    );
    return countsSchema.parse(reader.getRowObjectsJS())[0];
  };
  return run().catch(async (error: unknown) => {
    throw await results.explain(error);
  });
}
