import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { readDeadLetter } from '../../jobs/retry/read-dead-letter.ts';
import { Failure } from '../../shared/failures/failure.ts';
import { queryResults, runCommand } from '../support/run-command.ts';
import type { TestAws } from '../support/start-aws.ts';
import type { TestImage } from './cast/pictures.ts';

const rowSchema = z.object({
  key: z.string(),
  rows: z.number(),
  etags: z.number(),
  status: z.string(),
  reason: z.string().nullable(),
  detail: z.string().nullable(),
});
const statusSchema = z.object({ total: z.number(), pending: z.number(), images: z.number() });

/** What is in the store and in the dead-letter queues, as the product's own commands read it. */
export interface Sums {
  /** Rows of results, each image once. */
  readonly rows: number;
  readonly classified: number;
  readonly rejected: number;
  /** Images without a row. */
  readonly missing: readonly string[];
  /** Images with several rows of the same ETag, which is part of the identity. */
  readonly duplicated: readonly string[];
  /** Rows of images that were read with another ETag as well. */
  readonly otherEtags: number;
  /** Images with another outcome than their bytes have, with their reason: those of services, which a retry mends. */
  readonly unfinished: readonly string[];
  /** Images with a permanent outcome that is wrong. */
  readonly wrong: readonly string[];
  /** Dead letters whose images all have a row, of those the letters of classified images, and the others. */
  readonly deadLetters: { readonly withRow: number; readonly classified: number; readonly withoutRow: number };
  readonly status: z.output<typeof statusSchema>;
}

export async function addUp(options: {
  readonly aws: TestAws;
  readonly store: string;
  readonly images: readonly TestImage[];
  readonly deadLetters: readonly string[];
}): Promise<Sums> {
  const { aws, store, images, deadLetters } = options;
  const sql = `select key, count(*)::int as rows, count(distinct etag)::int as etags, any_value(status) as status,
    any_value(reason) as reason, any_value(detail) as detail from results group by key`;
  const rows = z.array(rowSchema).parse(await queryResults(store, sql, aws.endpoint));
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const letters = (await Promise.all(deadLetters.map((url) => readLetters(aws, url)))).flat();
  const keysOfLetters = letters.map((body) => {
    const { events } = readDeadLetter(body);
    return events instanceof Failure ? [] : events.map(({ key }) => key);
  });
  const withRow = keysOfLetters.filter((keys) => keys.length > 0 && keys.every((key) => byKey.has(key)));
  const classified = withRow.filter((keys) => keys.every((key) => byKey.get(key)?.status === 'classified'));
  const outcomes = images.map((image) => ({ image, row: byKey.get(image.key) }));
  const different = outcomes.flatMap(({ image: { key, reason }, row }) => {
    if (row === undefined || row.reason === (reason ?? null)) return [];
    return [{ text: `${key}: ${row.reason} (${row.detail})`, reason: row.reason }];
  });
  const isOfService = (reason: string | null) =>
    ['throttled', 'timeout', 'unavailable', 'abandoned'].includes(reason ?? '');
  return {
    rows: rows.reduce((sum, row) => sum + row.rows, 0),
    classified: rows.filter(({ status }) => status === 'classified').length,
    rejected: rows.filter(({ status }) => status === 'rejected').length,
    missing: outcomes.filter(({ row }) => row === undefined).map(({ image }) => image.key),
    duplicated: rows.filter((row) => row.rows > row.etags).map(({ key }) => key),
    otherEtags: rows.reduce((sum, { etags }) => sum + Math.max(0, etags - 1), 0),
    unfinished: different.filter(({ reason }) => isOfService(reason)).map(({ text }) => text),
    wrong: different.filter(({ reason }) => !isOfService(reason)).map(({ text }) => text),
    deadLetters: {
      withRow: withRow.length,
      classified: classified.length,
      withoutRow: letters.length - withRow.length,
    },
    status: await statusOf(store, aws.endpoint),
  };
}

async function statusOf(store: string, endpoint: string): Promise<Sums['status']> {
  const { stdout, stderr } = await runCommand([
    ...['status', '--store', store, '--job', 'chaos', '--endpoint', endpoint, '--json'],
  ]);
  if (stdout === '') throw new Error(stderr);
  return statusSchema.parse(JSON.parse(stdout));
}

/** The bodies of all messages of a queue, which stay in it. */
async function readLetters(aws: TestAws, QueueUrl: string): Promise<string[]> {
  const { Messages = [] } = await aws.sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 600 }),
  );
  const bodies = Messages.map(({ Body = '' }) => Body);
  return bodies.length === 0 ? [] : [...bodies, ...(await readLetters(aws, QueueUrl))];
}
