import { Failure } from '../../../shared/failures/failure.ts';
import type { RefusedEntry } from '../../../shared/stores/ports.ts';
import type { WorkerPorts } from '../ports.ts';

type Crops = WorkerPorts['crops'];

/**
 * A queue that reports what it refuses. A worker goes on when messages cannot be deleted or hidden, because they are only
 * delivered again: without a report, nobody would see why every image is computed several times.
 * @param onRefused is called once per refused request, with the failure of its first message
 */
export function reportRefusals(queue: Crops, onRefused: (request: 'delete' | 'hide', failure: Failure) => void): Crops {
  const report = async (request: 'delete' | 'hide', refusals: Promise<RefusedEntry[]>): Promise<RefusedEntry[]> => {
    const refused = await refusals.catch((error: unknown) => {
      onRefused(request, Failure.from(error));
      throw error;
    });
    const [first] = refused;
    if (first !== undefined) onRefused(request, first.failure);
    return refused;
  };
  return {
    visibilitySeconds: queue.visibilitySeconds,
    receive: (options) => queue.receive(options),
    acknowledge: (receipts) => report('delete', queue.acknowledge(receipts)),
    setVisibility: (receipts, seconds) => report('hide', queue.setVisibility(receipts, seconds)),
  };
}
