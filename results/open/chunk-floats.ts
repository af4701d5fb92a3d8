import { type DuckDBDataChunk, DuckDBFloatVector, DuckDBListVector } from '@duckdb/node-api';

/**
 * Copies a column of lists of `size` floats into one array, [rows, size].
 * @throws {Error} if the column has another type, or a list is null or has another length
 */
export function listColumn(chunk: DuckDBDataChunk, column: number, size: number): Float32Array {
  const { lists, numbers } = floatLists(chunk, column);
  const result = new Float32Array(chunk.rowCount * size);
  for (let row = 0; row < chunk.rowCount; row += 1) {
    const length = lists.getEntryLength(row);
    if (length !== size)
      throw new Error(`expected lists of ${size} numbers in column ${column} but received ${length}`);
    const offset = lists.getEntryOffset(row);
    result.set(numbers.subarray(offset, offset + size), row * size);
  }
  return result;
}

/**
 * The lists of a column of float lists, and the array that contains them at the offsets and lengths of `lists`.
 * @throws {Error} if the column has another type
 */
export function floatLists(
  chunk: DuckDBDataChunk,
  column: number,
): { readonly lists: DuckDBListVector; readonly numbers: Float32Array } {
  const lists = chunk.getColumnVector(column);
  if (!(lists instanceof DuckDBListVector)) throw new Error(`expected lists in column ${column}`);
  return { lists, numbers: floatsOf(lists.childVector) };
}

/** Reads a private field: the binding holds the numbers in one array, but its interface gives them one call at a time. */
function floatsOf(vector: unknown): Float32Array {
  if (!(vector instanceof DuckDBFloatVector)) throw new Error('expected floats');
  const items: unknown = Reflect.get(vector, 'items');
  return items instanceof Float32Array ? items : Float32Array.from(vector.toArray(), (value) => value ?? Number.NaN);
}
