import type { DuckDBDataChunk, Json } from '@duckdb/node-api';
import CliTable3 from 'cli-table3';
import { escapeControls } from './escape-controls.ts';
import type { ExportedRows } from './exported-rows.ts';
import { jsonValue } from './json-value.ts';

/** A terminal: a table is cut to fit it. */
export interface Terminal {
  /** Characters per line. */
  readonly columns: number;
  /**
   * Rows to show at most.
   * @default 50
   */
  readonly rows?: number | undefined;
}

type Cells = readonly string[];

/** Rows shown on a terminal by default. */
const defaultTerminalRows = 50;
/** Rows per table in a file or pipe, so that memory does not grow with the rows. */
const rowsPerBlock = 1000;
/** Characters to which a column is cut at least. */
const minWidth = 3;
/** Characters per column around the text: a blank on either side and a line. */
const frame = 3;

/** Columns that are cut in the middle, because their texts often begin alike: the paths of images. */
const pathColumns = new Set(['image_id', 'bucket', 'key']);

/** A table to read. On a terminal it is cut to the width and the number of rows, elsewhere it is complete. */
export async function* tableText(result: ExportedRows, terminal: Terminal | undefined): AsyncGenerator<string> {
  const head = result.columnNames.map(escapeControls);
  const limit = terminal === undefined ? rowsPerBlock : (terminal.rows ?? defaultTerminalRows);
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
  if (more > 0) yield `… and ${more} more: a file or a pipe gets all of them\n`;
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
  // The library would cut an emoji in two.
  const fit = (text: string, index: number) =>
    cutText(text, Math.min(widths[index] ?? cut, cut), pathColumns.has(head[index] ?? '') ? 'middle' : 'end');
  table.push(...rows.map((row) => row.map(fit)));
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

/** Replaces the middle or the end of a text by an ellipsis so that it takes at most `width` columns. A path ends with the file name. */
function cutText(text: string, width: number, where: 'middle' | 'end'): string {
  if (text.length <= width / 2 || displayWidth([text]) <= width) return text;
  const characters = Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
  const cutTo = (kept: number) => {
    const last = where === 'end' ? 0 : Math.ceil((kept * 3) / 4);
    return [...characters.slice(0, kept - last), '…', ...characters.slice(characters.length - last)].join('');
  };
  let [fits, tooWide] = [0, characters.length];
  while (tooWide - fits > 1) {
    const kept = Math.floor((fits + tooWide) / 2);
    if (displayWidth([cutTo(kept)]) <= width) fits = kept;
    else tooWide = kept;
  }
  return cutTo(fits);
}

/** The width to which the widest columns are cut so that all fit; narrower ones stay as they are. */
function cutToFit(widths: readonly number[], room: number): number {
  let cut = Math.max(minWidth, ...widths);
  while (cut > minWidth && widths.reduce((sum, width) => sum + Math.min(width, cut), 0) > room) cut -= 1;
  return cut;
}
