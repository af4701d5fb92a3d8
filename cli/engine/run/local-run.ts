import type { ModelHooks } from '../../../model/catalog/open-catalog-model.ts';
import type { UploadEvent } from '../../../shared/events/upload-event.ts';
import type { Session } from '../../../shared/inference/session.ts';
import type { Model } from '../../../shared/models/model-directory.ts';
import type { ResultsWriter } from '../../../shared/rows/results-writer.ts';
import type { ObjectStore } from '../../../shared/stores/ports.ts';
import { answerWatch } from '../command-watch.ts';
import type { OpenedLocation } from '../locations.ts';
import { batchSizeOf, type ComputeOptions, withSession } from '../with-session.ts';
import { openMemoryCrops } from './pipeline-crops.ts';
import { type PipelineInput, runPipeline } from './run-pipeline.ts';
import { type Counts, type Findings, Tally } from './tally.ts';

/** One run of the pipeline in this process. */
export interface LocalRun {
  readonly model: Model;
  readonly compute: ComputeOptions;
  /** Where images are read from. */
  readonly objects: ObjectStore;
  /** Prefix that the user named; hidden names below it are skipped. @default '' */
  readonly prefix?: string;
  /** See `PipelineInput`. Images that an earlier run has finished are counted in the tally instead. */
  readonly uploads: (tally: Tally, stop: AbortSignal) => AsyncIterable<UploadEvent>;
  /** Counts the images in the background, only so that progress has a total early. */
  readonly countImages?: (stop: AbortSignal) => Promise<number | undefined>;
  /** @default a queue in memory */
  readonly openCrops?: PipelineInput['openCrops'];
  readonly results: ResultsWriter;
  /** Store that `results` writes to, whose objects are not images. */
  readonly store?: OpenedLocation;
}

/** How a run is stopped and observed. */
export interface RunHooks {
  /** Who follows the download of a model. */
  readonly models?: ModelHooks;
  /** Aborted to take no more images. */
  readonly stop: AbortSignal;
  readonly onSession: (session: Session) => void;
  /** Called when the run starts. @param counts returns the current counts */
  readonly onStart: (counts: () => Counts) => void;
}

/** Runs work with hooks that show its progress. */
export type RunDisplay = <T>(work: (hooks: RunHooks) => Promise<T>) => Promise<T>;

export interface RunOutcome {
  readonly counts: Findings;
  readonly ms: number;
  /** True if the run was stopped before every image had an outcome. */
  readonly interrupted: boolean;
}

/**
 * Runs the pipeline under `run`, `watch` and `model finetune`.
 * @throws as `runPipeline` does, the error of a service that does not answer
 */
export async function localRun(run: LocalRun, hooks: RunHooks): Promise<RunOutcome> {
  const watch = answerWatch();
  if (watch === undefined) return runHere(run, hooks);
  const stop = AbortSignal.any([hooks.stop, watch.gaveUp]);
  const outcome = await runHere(run, { ...hooks, stop }).catch((error: unknown) => {
    throw watch.gaveUp.aborted ? watch.gaveUp.reason : error;
  });
  watch.gaveUp.throwIfAborted();
  return outcome;
}

async function runHere(run: LocalRun, { stop, onSession, onStart }: RunHooks): Promise<RunOutcome> {
  const { model, compute, objects, prefix = '', results, store, openCrops = openMemoryCrops } = run;
  return withSession(model, compute, onSession, async (session) => {
    const tally = new Tally();
    const started = performance.now();
    let isEnded = false;
    // The time that the network takes to load says nothing about the rate.
    session.then(
      () => isEnded || onStart(() => tally.counts),
      () => {}, // reported by the run
    );
    const ended = new AbortController();
    const counted = run.countImages?.(ended.signal).then(
      (total) => total === undefined || tally.expect(total),
      () => {}, // the listing that feeds the run reports the same fault
    );
    try {
      await runPipeline({
        uploads: (until) => run.uploads(tally, until),
        objects,
        openCrops,
        outputs: store === undefined ? [] : [store],
        requestedPrefix: prefix,
        results,
        model,
        session,
        decoders: compute.threads,
        batchSize: batchSizeOf(compute),
        tally,
        stop,
      });
    } finally {
      isEnded = true;
      ended.abort();
      await counted;
    }
    return { counts: tally.counts, ms: performance.now() - started, interrupted: stop.aborted && !tally.complete };
  });
}
