// What a store holds: node query-results.ts inception-store
import { openResults } from 'inception-batch/results';

const [store = 'inception-store'] = process.argv.slice(2);
await using results = await openResults(store);

const { classified, rejected, reasons } = await results.counts();
console.log(`${classified} classified, ${rejected} rejected`, reasons);

for (const { label, images } of (await results.labels()).slice(0, 5)) console.log(images, label);

for await (const row of results.rows({ status: 'rejected' })) {
  if (row.status === 'rejected') console.log(row.key, row.reason, row.detail);
}

const unsure = 'select key, label, probability from results where probability < $limit order by probability';
for await (const row of results.sql(unsure, { limit: 0.5 })) console.log(row);
