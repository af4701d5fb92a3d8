import { gibMonths } from '../../shared/crops/transport-cost.ts';
import { messagesPerInvocation, partRows } from '../../shared/deployment/defaults.ts';
import { s3Prices } from '../../shared/deployment/prices.ts';
import { amount, type Line, lineOf } from './line.ts';
import type { Workload } from './workload.ts';

/** Rows, stored for a month. */
export function resultsLines(job: Workload): Line[] {
  const { images, rowBytes, worker } = job;
  const rows = worker.kind === 'gpu' ? partRows : messagesPerInvocation;
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
  ];
}
