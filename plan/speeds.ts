import type { NetworkSize, Speed } from '../jobs/cost/workload.ts';

/** How the speed of an option is known; `scaled` is measured on this machine, times the cores of a worker. */
export type SpeedSource = 'scaled' | 'assumed' | 'published' | 'given';

/** Crops per second with a model, of a core or of a GPU. */
export interface ModelSpeed extends Speed {
  /** A name of the catalog, or a model directory. */
  readonly model: string;
  readonly source: SpeedSource;
  readonly isInt8?: boolean;
}

export interface Speeds {
  /** Of one core, for each model that CPUs may use. */
  readonly cores: readonly ModelSpeed[];
  /** Of one GPU of any type; undefined if the speed with this model is not known. */
  readonly gpu: ModelSpeed | undefined;
  /** Of these models; undefined if it is not known. */
  readonly network?: NetworkSize | undefined;
}
