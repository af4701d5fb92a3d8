import { open } from 'node:fs/promises';
import { parquetMetadata } from 'hyparquet';
import pMap from 'p-map';
import { Failure } from '../../shared/failures/failure.ts';
import { columns } from '../../shared/rows/schema.ts';
import type { ByteRange, ListedObject, ObjectStore } from '../../shared/stores/ports.ts';

/** Parts up to this size are fetched completely: a request takes as long as their bytes. */
const smallPart = 512 * 1024;
/** Bytes fetched from the end first: enough for the footer of a part with few row groups. */
const footerGuess = 64 * 1024;
const parallelRanges = 4;
const embeddingName = columns.embedding.name;

/**
 * Writes a light copy of a part: a sparse file of the same size without the bytes of the embeddings, which are 95 % of the
 * part and are not fetched. All other columns can be read from it.
 * @throws {Failure} `object_gone`, or a transient one
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
 * Fetches the end of a part, up to the complete footer.
 * @returns the offset of the fetched end, and the ranges of the embeddings. A damaged footer gives no ranges, so that the
 *   complete part is fetched and the first query on it reports the damage.
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

/** The length of the footer is stored before the magic number, the last four bytes. */
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
    return []; // damaged, see above
  }
}

/** The gaps before and between ranges, up to `end`. */
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
