import { type RunRecord, startRunRecord } from '../../../jobs/progress/run-record.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import type { OpenedLocation } from '../locations.ts';
import type { Tally } from './tally.ts';

/** Records the progress of a run in its store from the first image on, so that a run without images leaves no record. */
export class RecordedUploads {
  readonly #store: OpenedLocation;
  readonly #run: { readonly job: string; readonly source: string; readonly model: string };
  #tally: Tally | undefined;
  #record: RunRecord | undefined;

  constructor(store: OpenedLocation, run: { readonly job: string; readonly source: string; readonly model: string }) {
    this.#store = store;
    this.#run = run;
  }

  async *record(uploads: AsyncIterable<UploadEvent>, tally: Tally): AsyncGenerator<UploadEvent> {
    this.#tally = tally;
    for await (const event of uploads) {
      this.#record ??= await this.#start(tally);
      yield event;
    }
  }

  /** @param complete whether every image has an outcome */
  async end(complete: boolean): Promise<void> {
    // If earlier runs did all the work, the record still says which images the job has.
    if (this.#record === undefined && complete && this.#tally !== undefined) {
      this.#record = await this.#start(this.#tally);
    }
    await this.#record?.end(complete);
  }

  #start(tally: Tally): Promise<RunRecord> {
    return startRunRecord(this.#store.objects, this.#store, { ...this.#run, counts: () => tally.counts });
  }
}
