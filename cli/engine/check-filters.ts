import { z } from 'zod';
import { listJobObjects } from '../../jobs/progress/list-job-objects.ts';
import type { Results } from '../../results/open/open-results.ts';
import type { Computation } from '../../results/questions/computation.ts';
import { requireModels, storedModels } from '../../results/questions/stored-models.ts';
import { didYouMean } from '../../shared/failures/suggest.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { displayLabel, labelMatchesSql, labelNames } from '../../shared/models/label-name.ts';
import { type OpenedLocation, resultsSource } from './locations.ts';

/** A store, and its name as the user gave it. */
export interface NamedStore {
  readonly store: OpenedLocation;
  readonly name: string;
}

const maxListed = 5;
const foundSchema = z.tuple([z.object({ found: z.boolean() })]);
const jobsSchema = z.array(z.object({ job: z.string() }));
const labelsSchema = z.array(z.object({ label: z.string(), label_id: z.string() }));

/**
 * Checks that a job exists: it has a row, a list of images or a record of a run. Whether it has images that match other
 * options is another question.
 * @throws {UserError} suggesting another name
 */
export async function checkJob(results: Results, named: NamedStore, job: string | undefined): Promise<void> {
  if (job === undefined) return;
  const [{ found }] = await results.query(foundSchema, 'select exists (from results where job = $job) as found', {
    job,
  });
  if (found) return;
  const jobs = await jobNames(results, named.store);
  if (!jobs.includes(job)) throw new UserError(unknownJob(jobs, named.name, job));
}

/** The names of all jobs of a store, sorted. */
export async function jobNames(results: Results, store: OpenedLocation): Promise<string[]> {
  const stored = await results.query(jobsSchema, 'select distinct job from results');
  const listed = await listJobObjects(resultsSource(store));
  return [...new Set([...stored, ...listed].map(({ job }) => job))].toSorted();
}

/** The message for a job that a store does not have. */
export function unknownJob(jobs: readonly string[], storeName: string, job: string): string {
  const more = jobs.length > maxListed ? ` and ${jobs.length - maxListed} more` : '';
  const others = jobs.length === 0 ? '' : `; its jobs are ${jobs.slice(0, maxListed).join(', ')}${more}`;
  return `no job ${job} in ${storeName}${didYouMean(job, jobs)}${others}`;
}

/**
 * Checks that a label is one of those that the stored models gave to any image, also as a less probable one.
 * @throws {UserError} suggesting another name
 */
export async function checkLabel(
  results: Results,
  { name }: Pick<NamedStore, 'name'>,
  label: string | undefined,
): Promise<void> {
  if (label === undefined) return;
  // Reads the column of best labels alone if that answers it.
  for (const rows of ['results', givenLabels]) {
    const sql = `select exists (from ${rows} where ${labelMatchesSql('$label')}) as found`;
    const [{ found }] = await results.query(foundSchema, sql, { label });
    if (found) return;
  }
  const known = await results.query(labelsSchema, `select distinct label, label_id from ${givenLabels} order by all`);
  const names = [...new Set(known.flatMap((each) => [displayLabel(each), ...labelNames(each), each.label_id]))];
  throw new UserError(`no image in ${name} has the label ${label}${didYouMean(label, names)}`);
}

const givenLabels = `(select unnest(top, recursive := true) from results where top is not null)`;

/**
 * The stored models that an option means; undefined without the option.
 * @throws {UserError} listing the available models
 */
export async function modelsOf(
  results: Results,
  option: string,
  text: string | undefined,
): Promise<Computation[] | undefined> {
  return text === undefined ? undefined : requireModels(await storedModels(results), option, text);
}
