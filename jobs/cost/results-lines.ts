import { gibMonths } from '../../shared/crops/transport-cost.ts';
import { messagesPerInvocation, partRows } from '../../shared/deployment/defaults.ts';
import { s3Prices } from '../../shared/deployment/prices.ts';
import { assumptions } from './assumptions.ts';
import { amount, type Line, lineOf } from './line.ts';
import { cropsInAll, googlenetSize, type Workload } from './workload.ts';

/** Rows, stored for a month. */
export function resultsLines(job: Workload): Line[] {
  const { images, worker } = job;
  const rowBytes = bytesPerRow(job);
  const rows = worker.kind === 'lambda' ? messagesPerInvocation(cropsInAll(job)) : partRows;
  const bytes = images * rowBytes;
  return [
    lineOf({
      part: 'results',
      what: 'S3 PUT, parts',
      how: `${amount(images)} rows ÷ ${amount(rows)} per part`,
      quantity: Math.ceil(images / rows),
      unit: 'requests',
      unitPrice: s3Prices.put,
    }),
    lineOf({
      part: 'results',
      what: 'S3, stored for a month',
      how: `${amount(images)} rows × ${amount(rowBytes)} bytes`,
      quantity: gibMonths(bytes, 30),
      unit: 'GiB-months',
      unitPrice: s3Prices.gibMonth,
    }),
    ...(job.regions > 0 ? regionLines(job, Math.ceil(images / rows)) : []),
  ];
}

function bytesPerRow({ network }: Workload): number {
  const { rowBytes, bareRowBytes } = assumptions;
  const ofEmbedding = rowBytes.value - bareRowBytes.value;
  return bareRowBytes.value + (ofEmbedding * network.embeddingSize) / googlenetSize.embeddingSize;
}

/** The embeddings of kept regions: a part for each part of rows. */
function regionLines({ images, regions, network }: Workload, parts: number): Line[] {
  const { keptRegions, regionBytes } = assumptions;
  const bytes = (regionBytes.value * network.embeddingSize) / googlenetSize.embeddingSize;
  const kept = images * Math.min(regions, keptRegions.value);
  return [
    lineOf({
      part: 'results',
      what: 'S3 PUT, parts of regions',
      how: 'one for each part',
      quantity: parts,
      unit: 'requests',
      unitPrice: s3Prices.put,
    }),
    lineOf({
      part: 'results',
      what: 'S3, regions stored for a month',
      how: `${amount(images)} images × ${amount(kept / images)} kept × ${amount(bytes)} bytes`,
      quantity: gibMonths(kept * bytes, 30),
      unit: 'GiB-months',
      unitPrice: s3Prices.gibMonth,
    }),
  ];
}
