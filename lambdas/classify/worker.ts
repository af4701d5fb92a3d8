import { pMapIterable } from 'p-map';
import type { CropMessage } from '../../shared/crops/crop-message.ts';
import { Failure } from '../../shared/failure.ts';
import { gather } from '../../shared/gather.ts';
import type { Delivery } from '../../shared/ports.ts';
import { type Classified, classify } from './classify.ts';
import type { WorkerPorts } from './ports.ts';
import { receive } from './receive.ts';
import { giveBack, store } from './store.ts';

export interface WorkerOptions {
  /** A batch that is not full is run when its oldest crop has waited this long, milliseconds. */
  readonly batchAgeMs: number;
  /** Rows in a part of the results at most. */
  readonly partRows: number;
  /** A part that is not full is written when its oldest row has waited this long, milliseconds. */
  readonly partAgeMs: number;
  /** Aborted to stop receiving at once; what is held is finished. */
  readonly stop: AbortSignal;
  /** Aborted when no more crops will be sent: the worker ends once the queue has none to give. */
  readonly inputEnded: AbortSignal;
}

/**
 * Receives crops, classifies them in batches, stores the rows and acknowledges the messages, until it is stopped or the
 * input has ended. The stages overlap, each holding back the one before it: while batches run, the next is gathered
 * and earlier rows are written. A message is acknowledged only after its rows are durable.
 *
 * @throws when results cannot be stored, after giving back every message that is held; {SessionLost} or what the queue
 *   threw, the messages then coming back by their visibility timeout
 */
export async function runWorker(ports: WorkerPorts, options: WorkerOptions): Promise<void> {
  const halt = new AbortController();
  const { inputEnded, batchAgeMs, partRows, partAgeMs } = options;
  const {
    batchSize,
    session: { parallel },
  } = ports;
  const deliveries = receive(ports.crops, { stop: AbortSignal.any([options.stop, halt.signal]), inputEnded });
  const batches = gather(deliveries, { size: batchSize, maxAgeMs: batchAgeMs, weightOf: cropsOf });
  const classified = pMapIterable(batches, ({ items }) => classify(items, ports), {
    concurrency: parallel,
    backpressure: parallel + 1,
  });
  let fault: unknown;
  try {
    for await (const { items } of gather(each(classified), { size: partRows, maxAgeMs: partAgeMs })) {
      if (halt.signal.aborted) await giveBack(items, ports);
      else {
        await store(items, ports).catch(async (error: unknown) => {
          fault = error;
          halt.abort();
          await giveBack(items, ports);
        });
      }
    }
  } finally {
    halt.abort();
  }
  if (fault !== undefined) throw fault;
}

async function* each(groups: AsyncIterable<readonly Classified[]>): AsyncGenerator<Classified> {
  for await (const group of groups) yield* group;
}

function cropsOf({ body }: Delivery<CropMessage>): number {
  return body instanceof Failure ? 1 : body.tensor.count;
}
