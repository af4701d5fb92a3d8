import { listValue } from '@duckdb/node-api';
import { contentReasons } from '../../shared/failures/failure.ts';
import type { Model } from '../../shared/models/model-directory.ts';
import type { ResultRow } from '../../shared/rows/row.ts';
import type { ResultsWriter } from '../../shared/stores/ports.ts';
import type { Results } from '../open/open-results.ts';
import { type LabelRows, rejectedCopies, relabelledRows } from './relabelled-rows.ts';

export interface RelabelPorts {
  readonly results: Results;
  /** Whose labels the rows are to have. */
  readonly model: Model;
  /** Gives probabilities, [rows, labels], of embeddings, [rows, embedding size]. */
  readonly head: LabelRows['head'];
  readonly writer: ResultsWriter;
  readonly now: () => Date;
  /** Aborted to end with the part that is being written; what is missing is left to the next time. */
  readonly stop: AbortSignal;
  /** Told of rows once they are durable. */
  readonly onStored: (rows: readonly ResultRow[]) => void;
  /**
   * Rows in a part, but for those that come at once.
   * @default 8192, 30 MB with embeddings of 1024 numbers
   */
  readonly rowsPerPart?: number;
}

const rowsPerPartByDefault = 8192;

/**
 * Writes a row of a model for every image that another one of the same embedding has classified and it has not, computed
 * from the stored embedding; and for every image that was rejected for what its bytes hold, since that is so for any model.
 * One part is written while the next is read, and no more is held.
 * @param sources models of the same embedding, see `modelId`; of an image that several have seen the first one counts
 * @throws {UserError} naming a part that cannot be read
 */
export async function relabel(sources: readonly string[], ports: RelabelPorts): Promise<void> {
  const parts = new PartWriter(ports);
  for (const [place, source] of sources.entries()) {
    const seen = [ports.model.id, ...sources.slice(0, place)];
    await relabelFrom(source, seen, parts, ports);
  }
  await parts.end();
}

async function relabelFrom(
  source: string,
  seen: readonly string[],
  parts: PartWriter,
  { results, model, head, now, stop }: RelabelPorts,
): Promise<void> {
  const common = { source, preprocess: model.preprocess, seen: listValue([...seen]) };
  const missing = `model = $source and preprocess = $preprocess and image_id not in (
    select image_id from results where list_contains($seen, model) and preprocess = $preprocess and `;
  try {
    const classified = await results.connection.stream(
      `select ${relabelledRows.columns} from results
       where status = 'classified' and ${missing} status = 'classified')`,
      common,
    );
    for await (const chunk of classified) {
      if (stop.aborted) return;
      await parts.add(await relabelledRows.of(chunk, { model, head, now }));
    }
    const rejected = await results.connection.stream(
      `select ${rejectedCopies.columns} from results
       where status = 'rejected' and list_contains($reasons, reason)
       and ${missing} status in ('classified', 'rejected'))`,
      { ...common, reasons: listValue([...contentReasons]) },
    );
    for await (const chunk of rejected) {
      if (stop.aborted) return;
      await parts.add(rejectedCopies.of(chunk, model));
    }
  } catch (error) {
    throw await results.explain(error);
  }
}

/** Gathers rows into parts, of which one at a time is being written. */
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
    this.#writing.catch(() => {}); // whoever waits for it next sees the fault
  }
}
