import { type DuckDBDataChunk, DuckDBFloatVector, DuckDBListVector } from '@duckdb/node-api';

/**
 * A column of lists of `size` floats as one array [rows, size], copied a row at a time.
 * @throws {Error} when the column holds something else, or a list is null or of another length
 */
export function listColumn(chunk: DuckDBDataChunk, column: number, size: number): Float32Array {
  const { lists, numbers } = floatLists(chunk, column);
  const result = new Float32Array(chunk.rowCount * size);
  for (let row = 0; row < chunk.rowCount; row += 1) {
    const length = lists.getEntryLength(row);
    if (length !== size) throw new Error(`expected lists of ${size} numbers in column ${column}, got ${length}`);
    const offset = lists.getEntryOffset(row);
    result.set(numbers.subarray(offset, offset + size), row * size);
  }
  return result;
}

/**
 * A column of lists of floats, and the array that they lie in one after another, by the offsets and lengths of `lists`.
 * @throws {Error} when the column holds something else
 */
export function floatLists(
  chunk: DuckDBDataChunk,
  column: number,
): { readonly lists: DuckDBListVector; readonly numbers: Float32Array } {
  const lists = chunk.getColumnVector(column);
  if (!(lists instanceof DuckDBListVector)) throw new Error(`expected lists in column ${column}`);
  return { lists, numbers: floatsOf(lists.childVector) };
}

/** The binding keeps a vector's numbers in one array, but only gives them away one by one: a hundred million calls. */
function floatsOf(vector: unknown): Float32Array {
  if (!(vector instanceof DuckDBFloatVector)) throw new Error('expected floats');
  const items: unknown = Reflect.get(vector, 'items');
  return items instanceof Float32Array ? items : Float32Array.from(vector.toArray(), (value) => value ?? Number.NaN);
}
