import type { Command } from 'commander';
import { assumptionsOf } from '../../plan/estimate.ts';
import { usageOf } from '../../plan/usage.ts';
import { computedImages } from '../../query/computed-images.ts';
import { openResults, type Results } from '../../query/open-results.ts';
import { countsByStatus } from '../../query/status-counts.ts';
import { UserError } from '../../shared/user-error.ts';
import { openStore, resultsSource } from '../places.ts';
import { printStatus, type Status } from '../terminal/print-status.ts';
import { addStoreOptions, type StoreOptions } from './pipeline-options.ts';

interface StatusOptions extends StoreOptions {
  readonly job?: string;
  readonly json?: boolean;
}

export function addStatusCommand(program: Command): void {
  addStoreOptions(program.command('status'))
    .summary('what became of the images, how fast, and what that used')
    .description(
      'Count the images in the results by what became of them, with how fast they were done and an estimate of what ' +
        'that used, all or those of one job. What is still on its way has no row, and is not counted.',
    )
    .option('--job <name>', 'the images of this job alone')
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ inception-batch status --store .cache/store\n' +
        '  $ inception-batch status --store s3://results/drop --job photos --json\n',
    )
    .action(async (options: StatusOptions) => {
      const results = await openResults(resultsSource(openStore(options.store, options)), { embeddings: false });
      try {
        const status = await statusOf(results, options);
        if (options.json) console.log(JSON.stringify(withAssumptions(status)));
        else printStatus(status, process.stdout.isTTY ? process.stdout.columns : undefined);
      } finally {
        await results.close();
      }
    });
}

/** @throws {UserError} where there is no image to tell of */
async function statusOf(results: Results, { store, job }: StatusOptions): Promise<Status> {
  const groups = await computedImages(results, { job });
  if (groups.length === 0) throw new UserError(await nothingIn(results, store, job));
  const counts = await countsByStatus(results, { job });
  const moments = groups.flatMap(({ first, last }) => [first.getTime(), last.getTime()]);
  const [first, last] = [Math.min(...moments), Math.max(...moments)];
  const total = (of: (group: (typeof groups)[number]) => number) => groups.reduce((sum, group) => sum + of(group), 0);
  const images = total((group) => group.images);
  const seconds = (last - first) / 1000;
  return {
    job,
    store,
    images,
    counts,
    first: new Date(first),
    last: new Date(last),
    seconds,
    imagesPerSecond: seconds > 0 ? Number((images / seconds).toFixed(1)) : null,
    bytes: total(({ bytes }) => bytes),
    providers: groups.flatMap(({ provider, images: count }) =>
      provider === null ? [] : [{ provider, images: count }],
    ),
    usage: usageOf(groups),
  };
}

async function nothingIn(results: Results, store: string, job: string | undefined): Promise<string> {
  if (results.parts === 0) return `no results in ${store}: "inception-batch run" makes them`;
  const jobs = (
    await results.connection.runAndReadAll('select distinct job from results order by job limit 5')
  ).getRows();
  const some = jobs.length === 0 ? 'no image at all' : `images of ${jobs.join(', ')}`;
  return job === undefined
    ? `no image in the results in ${store}`
    : `no image of job ${job} in ${store}, which has ${some}`;
}

function withAssumptions({ usage, ...status }: Status): unknown {
  const estimates = usage.estimates.map((own) => ({ ...own, assumptions: assumptionsOf(own.job) }));
  return { ...status, usage: { ...usage, estimates } };
}
