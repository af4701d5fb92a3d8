import { type RunRecord, startRunRecord } from '../../../jobs/progress/run-record.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import type { RunState } from '../../../shared/jobs/run-state.ts';
import type { OpenedLocation } from '../locations.ts';
import type { Tally } from './tally.ts';

type RecordedRun = Pick<RunState, 'command' | 'job' | 'source' | 'model'>;

/** Records the progress of a run or watch in its store. One without images leaves the store as it was. */
export class RecordedUploads {
  readonly #store: OpenedLocation;
  readonly #run: RecordedRun;
  #tally: Tally | undefined;
  #record: RunRecord | undefined;
  #hasImages = false;

  constructor(store: OpenedLocation, run: RecordedRun) {
    this.#store = store;
    this.#run = run;
  }

  async *record(uploads: AsyncIterable<UploadEvent>, tally: Tally): AsyncGenerator<UploadEvent> {
    this.#tally = tally;
    // A watch may wait long for its first image, and is in progress meanwhile.
    if (this.#run.command === 'watch') this.#record = await this.#start(tally);
    for await (const event of uploads) {
      this.#hasImages = true;
      this.#record ??= await this.#start(tally);
      yield event;
    }
  }

  /** @param complete whether every image has an outcome */
  async end(complete: boolean): Promise<void> {
    // If earlier runs did all the work, the record still says which images the job has.
    const hasImages = this.#hasImages || (this.#tally !== undefined && this.#tally.counts.done > 0);
    if (!hasImages) return this.#record?.discard();
    if (this.#record === undefined && complete && this.#tally !== undefined) {
      this.#record = await this.#start(this.#tally);
    }
    await this.#record?.end(complete);
  }

  #start(tally: Tally): Promise<RunRecord> {
    return startRunRecord(this.#store.objects, this.#store, { ...this.#run, counts: () => tally.counts });
  }
}
