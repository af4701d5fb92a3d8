import { listValue } from '@duckdb/node-api';
import { contentReasons } from '../../shared/failures/failure.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { ResultsWriter } from '../../shared/rows/results-writer.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import type { Results } from '../open/open-results.ts';
import type { Computation } from '../questions/computation.ts';
import { rowCondition } from '../questions/row-selection.ts';
import { type LabelRows, rejectedCopies, relabeledRows } from './relabeled-rows.ts';

export interface RelabelPorts {
  readonly results: Results;
  /** The model whose rows are written. */
  readonly model: Model;
  readonly head: LabelRows['head'];
  readonly writer: ResultsWriter;
  readonly now: () => Date;
  /** Stops after the current part; the next call continues. */
  readonly stop: AbortSignal;
  /** Called with rows that are durable. */
  readonly onStored: (rows: readonly ResultRow[]) => void;
  /**
   * Rows per part, exceeded if a single chunk of a query has more.
   * @default 8192, 30 MB with embeddings of 1024 numbers
   */
  readonly rowsPerPart?: number;
  /**
   * Other preprocessings with the same embedding of the whole image: those with regions.
   * @default none
   */
  readonly preprocesses?: readonly string[];
}

const rowsPerPartByDefault = 8192;

/**
 * Writes the rows of a model that are missing, from rows of models with the same embedding: for a classified image a row
 * computed from the stored embedding; for an image rejected because of its content a copy, which holds for any model. Writes
 * one part while it computes the next.
 *
 * Rows have no regions: only the embeddings of those that the source model kept are stored, not of all that were proposed.
 * @param sources models with the same embedding, see `modelId`; of several rows of an image that of the first model counts
 * @throws {UserError} naming a part that cannot be read
 */
export async function relabel(sources: readonly string[], ports: RelabelPorts): Promise<void> {
  const { model, preprocesses = [] } = ports;
  const parts = new PartWriter(ports);
  const computations = sources.flatMap((source) =>
    [model.preprocess, ...preprocesses].map((preprocess) => ({ model: source, preprocess })),
  );
  const target = { model: model.id, preprocess: model.preprocess };
  for (const [index, source] of computations.entries()) {
    await relabelFrom(source, [target, ...computations.slice(0, index)], parts, ports);
  }
  await parts.end();
}

/** @param done computations whose rows make a row of the source unnecessary */
async function relabelFrom(
  source: Computation,
  done: readonly Computation[],
  parts: PartWriter,
  { results, model, head, now, stop }: RelabelPorts,
): Promise<void> {
  const isOf = (models: readonly Computation[]) => rowCondition({ models, deleted: true });
  const missing = (statuses: string) => `${isOf([source])} and image_id not in (
    select image_id from results where ${isOf(done)} and status in ${statuses})`;
  const classified = results.streamChunks(
    `select ${relabeledRows.columns} from results where status = 'classified' and ${missing(`('classified')`)}`,
  );
  for await (const chunk of classified) {
    if (stop.aborted) return;
    await parts.add(await relabeledRows.of(chunk, { model, head, now }));
  }
  const rejected = results.streamChunks(
    `select ${rejectedCopies.columns} from results
     where status = 'rejected' and list_contains($reasons, reason) and ${missing(`('classified', 'rejected')`)}`,
    { reasons: listValue([...contentReasons]) },
  );
  for await (const chunk of rejected) {
    if (stop.aborted) return;
    await parts.add(rejectedCopies.of(chunk, model));
  }
}

/** Collects rows into parts and writes one part at a time. */
class PartWriter {
  readonly #ports: RelabelPorts;
  #rows: ResultRow[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(ports: RelabelPorts) {
    this.#ports = ports;
  }

  async add(rows: readonly ResultRow[]): Promise<void> {
    const { rowsPerPart = rowsPerPartByDefault } = this.#ports;
    if (this.#rows.length + rows.length > rowsPerPart) await this.#flush();
    this.#rows.push(...rows);
  }

  async end(): Promise<void> {
    await this.#flush();
    await this.#writing;
  }

  async #flush(): Promise<void> {
    await this.#writing;
    const rows = this.#rows;
    this.#rows = [];
    if (rows.length === 0) return;
    const { writer, onStored } = this.#ports;
    this.#writing = writer.append(rows).then(() => onStored(rows));
    this.#writing.catch(() => {}); // the next flush or `end` throws it
  }
}
