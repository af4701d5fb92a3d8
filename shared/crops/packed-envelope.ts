import { Failure } from '../failures/failure.ts';
import type { CropEnvelope, PackedSlice } from './crop-envelope.ts';
import type { CropMessage } from './crop-message.ts';

/**
 * A message that points to its pixels instead of holding them.
 * @param slices one per chunk, see `chunksOf`
 */
export function packedEnvelope(
  { tensor: { pixels: _, ...layout }, regions, ...rest }: CropMessage,
  slices: readonly PackedSlice[],
): CropEnvelope {
  const [slice, ...ofRegions] = slices;
  if (slice === undefined) throw new Failure('internal', 'these crops are missing from their pack');
  const envelope = { ...rest, tensor: { ...layout, slice } };
  if (regions === undefined) return envelope;
  return { ...envelope, regions: { boxes: regions.boxes, slices: joinAdjacent(ofRegions) } };
}

/** Chunks that follow one another in a pack are one slice: a message of many regions then stays short. */
function joinAdjacent(slices: readonly PackedSlice[]): PackedSlice[] {
  const joined: PackedSlice[] = [];
  for (const slice of slices) {
    const last = joined.at(-1);
    const isNext =
      last?.bucket === slice.bucket && last.key === slice.key && last.offset + last.length === slice.offset;
    if (isNext) joined.splice(-1, 1, { ...last, length: last.length + slice.length });
    else joined.push(slice);
  }
  return joined;
}
