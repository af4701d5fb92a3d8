import { Semaphore } from 'async-mutex';
import { Failure } from '../failures/failure.ts';
import type { Picture } from './color-spaces.ts';
import type { FoundRegions, RegionSearch } from './find-regions.ts';
import { ProposalWorker } from './proposal-worker.ts';
import type { ProposedRegion } from './region.ts';

export interface ProposeOptions {
  /** The most regions to return. */
  readonly max: number;
}

/** Proposes regions without blocking the thread of its caller. */
export interface Proposer {
  /**
   * The regions of a picture, as `proposeRegions` returns them. Pictures wait for a thread in the order of the calls; a thread has one
   * picture at a time. A thread that ended is replaced for the next picture.
   * @param picture whose pixels must not be used afterwards: their memory moves to the thread
   * @throws {Failure} `internal` if the thread ends or the picture is not valid; `timeout` after `close`
   */
  propose(picture: Picture, options: ProposeOptions): Promise<ProposedRegion[]>;
  /** Proposes the regions of an image and cuts them out, see `findRegions`; otherwise as `propose`. */
  find(search: RegionSearch): Promise<FoundRegions>;
  /** Ends the threads; their pictures fail, and those that wait. */
  close(): Promise<void>;
}

/** @param options.threads pictures at the same time. They are started when they are needed. */
export function openProposer({ threads }: { readonly threads: number }): Proposer {
  const slots = new Semaphore(threads, stopped());
  const idle: ProposalWorker[] = [];
  const busy = new Set<ProposalWorker>();
  let isClosed = false;

  async function inThread<T>(pictures: readonly Picture[], work: (worker: ProposalWorker) => Promise<T>): Promise<T> {
    if (isClosed) throw stopped();
    for (const picture of pictures) checkSize(picture);
    const worker = idle.pop() ?? new ProposalWorker();
    busy.add(worker);
    try {
      return await work(worker);
    } finally {
      busy.delete(worker);
      if (worker.isAlive) idle.push(worker);
    }
  }

  return {
    propose: (picture, { max }) =>
      slots.runExclusive(() => inThread([picture], (worker) => worker.propose(picture, max))),
    find: (search) =>
      slots.runExclusive(() => inThread([search.picture, search.image], (worker) => worker.find(search))),
    async close() {
      isClosed = true;
      slots.cancel();
      await Promise.all([...idle.splice(0), ...busy].map((worker) => worker.close(stopped())));
    },
  };
}

function stopped(): Failure {
  return new Failure('timeout', 'proposing regions has been stopped');
}

function checkSize({ pixels, width, height }: Picture): void {
  const expected = width * height * 3;
  if (pixels.byteLength === expected) return;
  const size = `a picture of ${width}×${height} has ${expected} bytes of RGB`;
  throw new Failure('internal', `${size}, not ${pixels.byteLength}`);
}
