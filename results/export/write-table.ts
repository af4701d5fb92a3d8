import type { DuckDBDataChunk, DuckDBResult, Json } from '@duckdb/node-api';
import CliTable3 from 'cli-table3';
import { escapeControls } from './escape-controls.ts';
import { jsonValue } from './json-value.ts';

/** A terminal: a table is cut to fit it. */
export interface Terminal {
  /** Characters per line. */
  readonly columns: number;
}

type Cells = readonly string[];

/** Rows shown on a terminal. */
const maxTerminalRows = 50;
/** Rows per table in a file or pipe, so that memory does not grow with the rows. */
const rowsPerBlock = 1000;
/** Characters to which a column is cut at least. */
const minWidth = 3;
/** Characters per column around the text: a blank on either side and a line. */
const frame = 3;

/** A table to read. On a terminal it is cut to the width and to 50 rows, elsewhere it is complete. */
export async function* tableText(result: DuckDBResult, terminal: Terminal | undefined): AsyncGenerator<string> {
  const head = result.deduplicatedColumnNames().map(escapeControls);
  const limit = terminal === undefined ? rowsPerBlock : maxTerminalRows;
  let block: Cells[] = [];
  let more = 0;
  let isFirst = true;
  for await (const chunk of result) {
    if (terminal !== undefined && block.length === limit) {
      more += chunk.rowCount;
      continue;
    }
    for (const cells of cellsOf(chunk)) {
      if (block.length < limit) block.push(cells);
      else if (terminal !== undefined) more += 1;
      else {
        yield draw(head, block, undefined);
        isFirst = false;
        block = [cells];
      }
    }
  }
  if (isFirst || block.length > 0) yield draw(head, block, terminal);
  if (more > 0) yield `… and ${more} more\n`;
}

function cellsOf(chunk: DuckDBDataChunk): Cells[] {
  return chunk.convertRows(jsonValue).map((row) => row.map(cellText));
}

function cellText(value: Json | null): string {
  if (value === null) return '';
  if (typeof value === 'number' && !Number.isInteger(value)) return String(Number(value.toPrecision(4)));
  return escapeControls(typeof value === 'object' ? JSON.stringify(value) : String(value));
}

function draw(head: Cells, rows: readonly Cells[], terminal: Terminal | undefined): string {
  const widths = head.map((name, index) => displayWidth([name, ...rows.map((row) => row[index] ?? '')]));
  const room = terminal === undefined ? Number.POSITIVE_INFINITY : terminal.columns - 1 - frame * head.length;
  const cut = cutToFit(widths, room);
  const table = new CliTable3({
    head: [...head],
    colWidths: widths.map((width) => Math.min(width, cut) + frame - 1),
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows.map((row) => [...row]));
  return `${table.toString()}\n`;
}

/** The width of the widest text as the library measures it: emoji and Chinese count two, accents nothing. */
function displayWidth(texts: Cells): number {
  const table = new CliTable3({
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  table.push(...texts.map((text) => [text]));
  return table.width - 2;
}

/** The width to which the widest columns are cut so that all fit; narrower ones stay as they are. */
function cutToFit(widths: readonly number[], room: number): number {
  let cut = Math.max(minWidth, ...widths);
  while (cut > minWidth && widths.reduce((sum, width) => sum + Math.min(width, cut), 0) > room) cut -= 1;
  return cut;
}
