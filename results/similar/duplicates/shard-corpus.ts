import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { Results } from '../../open/open-results.ts';
import { type EmbeddingSpace, embeddedRowsSql } from '../embeddings/embedded-images.ts';
import { vectorsOf } from '../embeddings/vector-chunk.ts';
import { imageIdsSchema, imageIdsSql } from '../index/image-ids.ts';
import { nearestToEach } from '../index/neighbors.ts';
import { countLive, type OpenShard } from '../index/open-shards.ts';
import type { Corpus } from './corpus.ts';

const columnsSchema = z.tuple([z.array(z.number()), z.array(z.number())]);

/** A corpus that is searched through its index. Positions number the ordinals of all shards consecutively. */
export function shardCorpus(
  results: Results,
  { model, preprocess, dimensions }: EmbeddingSpace,
  shards: readonly OpenShard[],
): Corpus {
  const starts = shards.map((_, number) => shards.slice(0, number).reduce((sum, { live }) => sum + live.length, 0));
  const positionOf = (shard: number, ordinal: number) => (starts[shard] ?? 0) + ordinal;
  const threads = availableParallelism();
  return {
    images: countLive(shards),
    positions: shards.reduce((sum, { live }) => sum + live.length, 0),
    async *blocks() {
      const chunks = results.streamChunks(
        `select image_id, embedding, shard, ordinal from (select image_id, embedding ${embeddedRowsSql})
         join (${imageIdsSql(shards)}) using (image_id)`,
        { model, preprocess },
      );
      for await (const chunk of chunks) {
        const [numbers, ordinals] = columnsSchema.parse([chunk.getColumnValues(2), chunk.getColumnValues(3)]);
        const positions = numbers.map((shard, row) => positionOf(shard, ordinals[row] ?? 0));
        yield { positions, numbers: vectorsOf(chunk, dimensions).numbers };
      }
    },
    nearest(numbers, limit, min) {
      const ofShards = shards.map((shard) => nearestToEach(shard, numbers, { limit, min, threads }));
      return Array.from({ length: numbers.length / dimensions }, (_, query) =>
        ofShards.flatMap((ofQueries, shard) =>
          (ofQueries[query] ?? []).map(({ position, similarity }) => ({
            position: positionOf(shard, position),
            similarity,
          })),
        ),
      );
    },
    async imageIds(positions) {
      const files = shards.flatMap(({ path, live }, shard) => {
        const ordinals = positions
          .map((position) => position - positionOf(shard, 0))
          .filter((ordinal) => ordinal >= 0 && ordinal < live.length);
        return ordinals.length === 0 ? [] : [{ path, ordinals, shard }];
      });
      const ids = await results.query(imageIdsSchema, imageIdsSql(files));
      return new Map(
        ids.map(({ shard: file, ordinal, image_id }) => [positionOf(files[file]?.shard ?? 0, ordinal), image_id]),
      );
    },
  };
}
