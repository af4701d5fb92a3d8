import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import type { StatusCounts } from './counts.ts';
import { rowCondition } from './row-selection.ts';

const groupsSchema = z.array(
  z.object({ status: z.string(), reason: z.string().nullable(), count: z.bigint().transform(Number) }),
);

/**
 * Counts images by status and reason, of all jobs or one. An image counts once per outcome: models that disagree about it
 * count it under each.
 * @throws {UserError} naming a part that cannot be read
 */
export async function countByStatus(
  results: Results,
  { job }: { job?: string | undefined } = {},
): Promise<StatusCounts> {
  const groups = await results.query(
    groupsSchema,
    `select status, reason, count(distinct image_id) as count from results where ${rowCondition({ job, deleted: true })}
     group by all order by count desc, reason`,
  );
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
