// A Lambda function of your own around the ingest and the classify function, for an app that deploys it itself.
// Both handlers are opened once, when Lambda loads this module.
import { openClassifyHandler, openIngestHandler, type ResultRow } from 'inception-batch/lambdas';

/** Replace it with a message to your own service. */
function announce(row: ResultRow): void {
  if (row.status === 'classified') console.log(`${row.key}: ${row.label}`);
}

/** Handler of the uploads queue. */
export const ingest = await openIngestHandler(process.env, {
  onImage: ({ key, outcome, reason }) => console.log(`${key}: ${outcome} ${reason ?? ''}`),
});

/** Handler of the crops queue. Rows are stored first: if that fails, they are delivered again and announced then. */
export const classify = await openClassifyHandler(process.env, {
  results: (parquet) => ({
    async append(rows) {
      await parquet.append(rows);
      rows.forEach(announce);
    },
  }),
});
