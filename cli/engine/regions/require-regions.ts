import { z } from 'zod';
import { readJobSource } from '../../../jobs/progress/job-source.ts';
import { builtInModels, defaultModelName } from '../../../model/catalog/built-in-models.ts';
import type { Results } from '../../../results/open/open-results.ts';
import { hasRegions } from '../../../results/questions/has-regions.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { awsOf, followUp } from '../follow-up.ts';
import { defaultStore, type OpenedLocation, type StoreOptions } from '../locations.ts';
import { findMadeModel } from '../models/find-made-model.ts';

const latestSchema = z.array(z.object({ job: z.string(), bucket: z.string(), model: z.string() }));

/**
 * Checks that images of a store were classified with regions.
 * @throws {UserError} with the command that classifies the images of the latest job with regions
 */
export async function requireRegions(results: Results, store: OpenedLocation, options: StoreOptions): Promise<void> {
  if (await hasRegions(results)) return;
  const command = await runWithRegions(results, store, options);
  throw new UserError(`no image in ${options.store} was classified with regions: "${command}" does it`);
}

async function runWithRegions(results: Results, store: OpenedLocation, options: StoreOptions): Promise<string> {
  const [latest] = await results.query(
    latestSchema,
    `select job, bucket, model from results where status <> 'deleted' order by ingested_at desc, image_id limit 1`,
  );
  if (latest === undefined) return command('./photos', options);
  const { job, bucket, model } = latest;
  const recorded = await readJobSource(store.objects, store, job);
  const source = recorded ?? (bucket.startsWith('/') ? bucket : `s3://${bucket}`);
  return command(source, options, { job: recorded && job, model: await modelOption(model) });
}

function command(
  images: string,
  { store, ...aws }: StoreOptions,
  more: { readonly job?: string | undefined; readonly model?: string | undefined } = {},
): string {
  const named = store === defaultStore ? undefined : store;
  return followUp('run', { ...more, store: named, regions: 100, ...awsOf(aws, store, images) }, [images]);
}

/**
 * Undefined for the default. Everybody can make an int8 model of a built-in name, so that the name alone may mean another one. A
 * model that is not on this machine is named as a directory, for the user to replace.
 */
async function modelOption(id: string): Promise<string | undefined> {
  const name = id.replace(/@[^@]*$/, '');
  if (name === defaultModelName) return undefined;
  const directory = await findMadeModel([id]);
  const builtIn = builtInModels.get(name);
  if (builtIn !== undefined && (directory !== undefined || builtIn.recipe.kind !== 'int8')) return name;
  return directory ?? `./${name}`;
}
