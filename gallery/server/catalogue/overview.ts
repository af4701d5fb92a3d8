import { z } from 'zod';
import { failureReasons } from '../../../shared/failures/failure.ts';
import type { Count, LabelCount, Overview, ReasonCount } from '../responses.ts';
import { type Filter, filterCondition } from './filter.ts';
import type { Catalogue } from './open-catalogue.ts';
import { unknownFilters } from './unknown-filters.ts';

/** Rarer labels are found by text search. */
export const maxLabels = 1000;
const maxValues = 1000;
const steps = 20;

const countsSchema = z.array(z.object({ name: z.string(), images: z.number() }));
const labelCountsSchema = z.array(z.object({ name: z.string(), labelId: z.string(), images: z.number() }));
const stepsSchema = z.array(z.object({ step: z.number(), images: z.number() }));
const numberSchema = z.tuple([z.object({ images: z.number() })]);

/** Counts of the filtered images by every filter column. @param jobs the names of all jobs */
export async function overview(catalogue: Catalogue, filter: Filter, jobs: readonly string[]): Promise<Overview> {
  const count = (await catalogue.order(filter)).length;
  const countBy = async (column: 'job' | 'status' | 'reason' | 'model'): Promise<Count[]> =>
    countsSchema.parse(
      await catalogue.rows(
        `select ${column} as name, count(*)::double as images from images
         where ${column} is not null and ${filterCondition(filter, catalogue.models, column)}
         group by 1 order by 2 desc, 1 limit ${maxValues}`,
      ),
    );
  return {
    version: catalogue.version,
    count,
    statuses: await countBy('status'),
    jobs: await countBy('job'),
    models: await countBy('model'),
    reasons: (await countBy('reason')).map(reasonCount),
    labels: await labelCounts(catalogue, filter),
    labelCount: await labelCount(catalogue, filter),
    regionLabels: await regionLabelCounts(catalogue, filter),
    regionLabelCount: await regionLabelCount(catalogue, filter),
    probabilities: await byProbability(catalogue, filter),
    unknown: count === 0 ? await unknownFilters(catalogue, filter, jobs) : [],
  };
}

export function describeReason(reason: string): { meaning: string; isRetried: boolean } {
  const known = Object.entries(failureReasons).find(([name]) => name === reason)?.[1];
  if (known === undefined) return { meaning: 'unknown reason, written by a newer version', isRetried: false };
  return { meaning: known.meaning, isRetried: known.fault !== 'content' };
}

function reasonCount(count: Count): ReasonCount {
  return { ...count, ...describeReason(count.name) };
}

async function labelCounts(catalogue: Catalogue, filter: Filter): Promise<LabelCount[]> {
  return labelCountsSchema.parse(
    await catalogue.rows(
      `select label as name, label_id as "labelId", count(*)::double as images from images
       where label is not null and ${filterCondition(filter, catalogue.models, 'label')}
       group by all order by images desc, name, "labelId" limit ${maxLabels}`,
    ),
  );
}

async function labelCount(catalogue: Catalogue, filter: Filter): Promise<number> {
  const [{ images }] = numberSchema.parse(
    await catalogue.rows(
      `select count(distinct (label_id, label))::double as images from images
       where label is not null and ${filterCondition(filter, catalogue.models, 'label')}`,
    ),
  );
  return images;
}

async function regionLabelCounts(catalogue: Catalogue, filter: Filter): Promise<LabelCount[]> {
  return labelCountsSchema.parse(
    await catalogue.rows(
      `select named.label as name, named.label_id as "labelId", count(*)::double as images
       from image_regions join region_labels as named using (region_label)
       where n in (select n from images where ${filterCondition(filter, catalogue.models, 'region')})
       group by all order by images desc, name, "labelId" limit ${maxLabels}`,
    ),
  );
}

async function regionLabelCount(catalogue: Catalogue, filter: Filter): Promise<number> {
  const [{ images }] = numberSchema.parse(
    await catalogue.rows(
      `select count(distinct region_label)::double as images from image_regions
       where n in (select n from images where ${filterCondition(filter, catalogue.models, 'region')})`,
    ),
  );
  return images;
}

async function byProbability(catalogue: Catalogue, filter: Filter): Promise<number[]> {
  const counts = stepsSchema.parse(
    await catalogue.rows(
      `select least(floor(probability * ${steps}), ${steps - 1})::integer as step, count(*)::double as images
       from images where probability is not null and ${filterCondition(filter, catalogue.models, 'min')} group by 1`,
    ),
  );
  const byStep = new Map(counts.map(({ step, images }) => [step, images]));
  return Array.from({ length: steps }, (_, step) => byStep.get(step) ?? 0);
}
