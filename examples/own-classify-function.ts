// A Lambda function of your own for the crops queue, for an app that deploys it itself.
// The handler is opened once, when Lambda loads this module.
import { openClassifyHandler, type ResultRow } from 'inception-batch/lambdas';

/** Replace it with a message to your own service. */
function announce(row: ResultRow): void {
  if (row.status === 'classified') console.log(`${row.key}: ${row.label}`);
}

/** Rows are stored first: if that fails, they are delivered again and announced then. */
export const handler = await openClassifyHandler(process.env, {
  results: (parquet) => ({
    async append(rows) {
      await parquet.append(rows);
      rows.forEach(announce);
    },
  }),
});
