import { z } from 'zod';
import type { Results } from '../open/open-results.ts';

/** How many images there are of each outcome. */
export interface StatusCounts {
  readonly classified: number;
  readonly rejected: number;
  /** Whose object was deleted, whatever became of them before. */
  readonly deleted: number;
  /** The rejected by their reason, most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
}

const groupsSchema = z.array(
  z.object({ status: z.string(), reason: z.string().nullable(), count: z.bigint().transform(Number) }),
);

/**
 * Counts images by status and reason, all or those of one job: each once, but one that models made different things of
 * once for each of these.
 * @throws {UserError} naming a part that cannot be read.
 */
export async function countByStatus(
  results: Results,
  { job }: { job?: string | undefined } = {},
): Promise<StatusCounts> {
  const groups = await countGroups(results, job).catch(async (error: unknown) => {
    throw await results.explain(error);
  });
  const total = (status: string) =>
    groups.filter((group) => group.status === status).reduce((sum, group) => sum + group.count, 0);
  return {
    classified: total('classified'),
    rejected: total('rejected'),
    deleted: total('deleted'),
    reasons: groups.flatMap(({ status, reason, count }) =>
      status === 'rejected' && reason !== null ? [{ reason, count }] : [],
    ),
  };
}

async function countGroups(results: Results, job: string | undefined): Promise<z.output<typeof groupsSchema>> {
  const reader = await results.connection.runAndReadAll(
    `select status, reason, count(distinct image_id) as count from results where $job is null or job = $job
     group by all order by count desc, reason`,
    { job: job ?? null },
  );
  return groupsSchema.parse(reader.getRowObjectsJS());
}
