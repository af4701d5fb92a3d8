import { Failure } from '../../shared/failures/failure.ts';
import { heartbeatMs, type RunState, runStateSchema, stageOf } from '../../shared/jobs/run-state.ts';
import { jobRunKey, type StoreLocation, underPrefix } from '../../shared/stores/keys.ts';
import type { ObjectAddress, ObjectStore } from '../../shared/stores/ports.ts';

/** Counts of a run; `total` is undefined until its images are counted, and while a folder is watched. */
export interface RunCounts extends Pick<RunState, 'done' | 'classified' | 'rejected'> {
  readonly total: number | undefined;
}

export interface RunToRecord extends Pick<RunState, 'command' | 'job' | 'source' | 'model'> {
  /** Returns the current counts. */
  readonly counts: () => RunCounts;
  /** @default heartbeatMs */
  readonly everyMs?: number;
  readonly now?: () => Date;
}

export interface RunRecord {
  /** Writes the last counts. @param complete whether every image has an outcome */
  end(complete: boolean): Promise<void>;
  /** Ends without a record of its own, because the run had no images: puts the record of an earlier run back. */
  discard(): Promise<void>;
}

const maxBytes = 1e6;
const rateMs = 60_000;

/**
 * Records the progress of a run in its store until `end` is called, for the page and for `status`. A record that cannot be
 * written never stops the run: results that cannot be written do. A watch does not replace the record of a run that is in
 * progress, or that ended during the watch: that record has the total of the job.
 */
export async function startRunRecord(
  store: Pick<ObjectStore, 'read' | 'write' | 'remove'>,
  { bucket, prefix }: StoreLocation,
  { command, job, source, model, counts, everyMs = heartbeatMs, now = () => new Date() }: RunToRecord,
): Promise<RunRecord> {
  const address = { bucket, key: underPrefix(prefix, jobRunKey(job)) };
  const started = now();
  const samples = [{ time: started.getTime(), images: 0 }];
  const rateAt = (time: number, images: number): number | null => {
    samples.push({ time, images });
    while ((samples[1]?.time ?? time) < time - rateMs) samples.shift();
    const [first] = samples;
    if (images === 0 || first === undefined || time === first.time) return null;
    return Number(((1000 * (images - first.images)) / (time - first.time)).toFixed(2));
  };
  const isOfRun = async () => {
    if (command === 'run') return false;
    const state = await readRunState(store, { bucket, prefix }, job).catch(() => undefined);
    if (state?.command !== 'run') return false;
    return stageOf(state, now()) === 'running' || (state.ended_at !== null && Date.parse(state.ended_at) >= +started);
  };
  const write = async (ended?: { readonly complete: boolean }) => {
    if (await isOfRun()) return;
    const { total = null, done, classified, rejected } = counts();
    const time = now();
    const state: RunState = {
      ...{ run: 1, command, job, source, model, total, done, classified, rejected },
      images_per_second: rateAt(time.getTime(), classified + rejected),
      started_at: started.toISOString(),
      updated_at: time.toISOString(),
      ended_at: ended === undefined ? null : time.toISOString(),
      complete: ended?.complete ?? false,
    };
    await store.write(address, Buffer.from(`${JSON.stringify(state, null, 2)}\n`)).catch(() => undefined);
  };
  const earlier = await readRecord(store, address).catch(() => 'unreadable' as const);
  await write();
  let writing: Promise<void> | undefined;
  const beat = setInterval(() => {
    writing ??= write().finally(() => {
      writing = undefined;
    });
  }, everyMs).unref();
  const stop = async () => {
    clearInterval(beat);
    await writing;
  };
  return {
    async end(complete) {
      await stop();
      await write({ complete });
    },
    async discard() {
      await stop();
      // Its images may have an earlier record, which only this run could lose.
      if (earlier === 'unreadable') return write({ complete: false });
      if (await isOfRun()) return;
      const restored = earlier === undefined ? store.remove(address) : store.write(address, earlier);
      await restored.catch(() => undefined);
    },
  };
}

/** The record of the last run of a job; undefined if it is missing or not valid in this version of the program. */
export async function readRunState(
  store: Pick<ObjectStore, 'read'>,
  { bucket, prefix }: StoreLocation,
  job: string,
): Promise<RunState | undefined> {
  const bytes = await readRecord(store, { bucket, key: underPrefix(prefix, jobRunKey(job)) });
  return bytes && parseRunState(bytes);
}

async function readRecord(store: Pick<ObjectStore, 'read'>, address: ObjectAddress): Promise<Uint8Array | undefined> {
  const object = await store.read(address, { maxBytes }).catch((error: unknown) => {
    if (error instanceof Failure && error.reason === 'object_gone') return undefined;
    throw error;
  });
  return object?.bytes;
}

export function parseRunState(bytes: Uint8Array): RunState | undefined {
  try {
    return runStateSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
  } catch {
    return undefined; // not JSON: the next heartbeat replaces it
  }
}
