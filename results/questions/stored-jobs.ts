import { z } from 'zod';
import { didYouMean } from '../../shared/failures/suggest.ts';
import { UserError } from '../../shared/failures/user-error.ts';
import { listJobs } from '../open/job-objects.ts';
import type { NamedSource } from '../open/named-source.ts';
import type { Results } from '../open/open-results.ts';
import type { ResultsSource } from '../open/parts.ts';

const maxListed = 5;
const foundSchema = z.tuple([z.object({ found: z.boolean() })]);
const jobsSchema = z.array(z.object({ job: z.string() }));

/**
 * Checks that a job exists: it has a row, a list of images or a record of a run. Whether it has images that match other
 * filters is another question.
 * @throws {UserError} suggesting another name
 */
export async function checkJob(results: Results, named: NamedSource, job: string | undefined): Promise<void> {
  if (job === undefined) return;
  const [{ found }] = await results.query(foundSchema, 'select exists (from results where job = $job) as found', {
    job,
  });
  if (found) return;
  const jobs = await jobNames(results, named.source);
  if (!jobs.includes(job)) throw new UserError(unknownJob(jobs, named.name, job));
}

/** The names of all jobs of a store, sorted. */
export async function jobNames(results: Results, source: ResultsSource): Promise<string[]> {
  const names = new Set((await results.query(jobsSchema, 'select distinct job from results')).map(({ job }) => job));
  for await (const { job } of listJobs(source)) names.add(job);
  return [...names].toSorted();
}

/** The message for a job that a store does not have. */
export function unknownJob(jobs: readonly string[], storeName: string, job: string): string {
  const more = jobs.length > maxListed ? ` and ${jobs.length - maxListed} more` : '';
  const others = jobs.length === 0 ? '' : `; its jobs are ${jobs.slice(0, maxListed).join(', ')}${more}`;
  return `no job ${job} in ${storeName}${didYouMean(job, jobs)}${others}`;
}
