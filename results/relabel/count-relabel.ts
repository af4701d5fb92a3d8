import { listValue } from '@duckdb/node-api';
import { z } from 'zod';
import { contentReasons } from '../../shared/failures/failure.ts';
import type { Results } from '../open/open-results.ts';
import type { Computation } from '../questions/computation.ts';

/** Images to relabel. */
export interface RelabelCounts {
  /** Classified by a source model, or rejected because of their content. */
  readonly total: number;
  /** Of these, images that already have a row of the new model. */
  readonly done: number;
  /** Of these, classified images. */
  readonly classifiedBefore: number;
  /** Rejected by the source models for retryable reasons only: `run` with the new model tries them again. */
  readonly untried: number;
  /** Classified by the source models only with another preprocessing, such as more crops. */
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

/**
 * @param preprocesses other preprocessings with the same embedding of the whole image, see `relabel`
 * @throws {UserError} naming a part that cannot be read
 */
export async function countRelabel(
  results: Results,
  sources: readonly string[],
  { model, preprocess }: Computation,
  preprocesses: readonly string[] = [],
): Promise<RelabelCounts> {
  const [counts] = await results.query(
    countsSchema,
    `with source as (
       select image_id, bool_or(is_same and status = 'classified') as classified,
         bool_or(is_same and status = 'rejected' and list_contains($reasons, reason)) as settled,
         bool_or(is_same and status = 'rejected') as rejected,
         bool_or(not is_same and status = 'classified') as otherwise
       from (select *, list_contains($same, preprocess) as is_same from results where list_contains($sources, model))
       group by image_id
     ),
     target as (
       select image_id, bool_or(status = 'classified') as classified from results
       where model = $model and preprocess = $preprocess and status in ('classified', 'rejected') group by image_id
     ),
     joined as (
       select source.*, target.image_id is not null as has_row, coalesce(target.classified, false) as has_label
       from source left join target using (image_id)
     )
     select count(*) filter (classified or settled)::double as total,
       count(*) filter ((classified and has_label) or (settled and not classified and has_row))::double as done,
       count(*) filter ((classified or settled) and has_label)::double as classifiedBefore,
       count(*) filter (rejected and not settled and not classified and not has_row)::double as untried,
       count(*) filter (otherwise and not classified)::double as otherwise
     from joined`,
    {
      ...{ model, preprocess, same: listValue([preprocess, ...preprocesses]) },
      ...{ sources: listValue([...sources]), reasons: listValue([...contentReasons]) },
    },
  );
  return counts;
}
