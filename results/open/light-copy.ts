import { open } from 'node:fs/promises';
import { parquetMetadata } from 'hyparquet';
import pMap from 'p-map';
import { Failure } from '../../shared/failures/failure.ts';
import { columns } from '../../shared/rows/schema.ts';
import type { ByteRange, ListedObject, ObjectStore } from '../../shared/stores/ports.ts';

/** A part that is no larger is fetched whole: one request costs as much as its bytes. */
const smallPart = 512 * 1024;
/** Bytes from the end that are asked for at first: the footer of a part with a few groups of rows. */
const footerGuess = 64 * 1024;
const parallelRanges = 4;
const embeddingName = columns.embedding.name;

/**
 * Writes a part as a file of the same size in which the bytes of the embeddings, nineteen in twenty, were never fetched:
 * a hole, read as zeros. Every other column is as it is in the part.
 * @throws {Failure} `object_gone`, or a passing one
 */
export async function writeLightCopy(store: ObjectStore, part: ListedObject, path: string): Promise<void> {
  const { size } = part;
  const handle = await open(path, 'wx');
  try {
    const fetch = async (range: ByteRange) => {
      const bytes = await store.readRange(part, range);
      if (bytes.byteLength !== range.length) throw new Failure('unavailable', `${part.key} ended early`);
      await handle.write(bytes, 0, bytes.byteLength, range.offset);
      return bytes;
    };
    if (size <= smallPart) {
      if (size > 0) await fetch({ offset: 0, length: size });
      return;
    }
    await handle.truncate(size);
    const { tail, embeddings } = await readFooter(size, fetch);
    await pMap(between(embeddings, tail), fetch, { concurrency: parallelRanges });
  } finally {
    await handle.close();
  }
}

/**
 * Fetches the end of a part until that has the whole footer in it.
 * @returns where the end that was fetched begins, and where the embeddings lie; a damaged footer gives none, so that all
 *   is fetched and whoever reads the file says what is wrong with it
 */
async function readFooter(
  size: number,
  fetch: (range: ByteRange) => Promise<Uint8Array>,
): Promise<{ tail: number; embeddings: ByteRange[] }> {
  let length = Math.min(footerGuess, size);
  let bytes = await fetch({ offset: size - length, length });
  const needed = footerBytes(bytes);
  if (needed > size) return { tail: size - length, embeddings: [] };
  if (needed > length) {
    length = needed;
    bytes = await fetch({ offset: size - length, length });
  }
  return { tail: size - length, embeddings: embeddingChunks(bytes) };
}

/** The footer's length stands before the format's four last letters. */
function footerBytes(tail: Uint8Array): number {
  return new DataView(tail.buffer, tail.byteOffset).getUint32(tail.byteLength - 8, true) + 8;
}

function embeddingChunks(tail: Uint8Array): ByteRange[] {
  try {
    const { row_groups: groups } = parquetMetadata(Uint8Array.from(tail).buffer);
    return groups.flatMap((group) =>
      group.columns.flatMap(({ meta_data: chunk }) => {
        if (chunk?.path_in_schema[0] !== embeddingName) return [];
        const offset = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
        return [{ offset, length: Number(chunk.total_compressed_size) }];
      }),
    );
  } catch {
    return []; // damaged: fetched whole, it is named by whoever reads it
  }
}

/** What lies before `end` and in none of these ranges. */
function between(ranges: readonly ByteRange[], end: number): ByteRange[] {
  const gaps: ByteRange[] = [];
  let from = 0;
  for (const { offset, length } of ranges.toSorted((a, b) => a.offset - b.offset)) {
    if (Math.min(offset, end) > from) gaps.push({ offset: from, length: Math.min(offset, end) - from });
    from = Math.max(from, offset + length);
  }
  if (end > from) gaps.push({ offset: from, length: end - from });
  return gaps;
}
