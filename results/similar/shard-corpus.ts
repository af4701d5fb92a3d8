import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { Results } from '../open/open-results.ts';
import type { Corpus } from './corpus.ts';
import { type EmbeddingSpace, embeddedRowsSql } from './embedded-images.ts';
import { imageIdsSql } from './image-ids.ts';
import { nearestToEach } from './neighbours.ts';
import { countLive, type OpenShard } from './open-shards.ts';
import { vectorsOf } from './vector-chunk.ts';

const placesSchema = z.tuple([z.array(z.number()), z.array(z.number())]);
const idsSchema = z.array(z.tuple([z.number(), z.number(), z.string()]));

/** The images of an index, each compared with its neighbours there. */
export function shardCorpus(
  results: Results,
  { model, preprocess, dimensions }: EmbeddingSpace,
  shards: readonly OpenShard[],
): Corpus {
  const starts = shards.map((_, number) => shards.slice(0, number).reduce((sum, { live }) => sum + live.length, 0));
  const placeOf = (shard: number, ordinal: number) => (starts[shard] ?? 0) + ordinal;
  const threads = availableParallelism();
  return {
    images: countLive(shards),
    places: shards.reduce((sum, { live }) => sum + live.length, 0),
    async *blocks() {
      const result = await results.connection.stream(
        `select image_id, embedding, shard, ordinal from (select image_id, embedding ${embeddedRowsSql})
         join (${imageIdsSql(shards)}) using (image_id)`,
        { model, preprocess },
      );
      for await (const chunk of result) {
        const [numbers, ordinals] = placesSchema.parse([chunk.getColumnValues(2), chunk.getColumnValues(3)]);
        const places = numbers.map((shard, row) => placeOf(shard, ordinals[row] ?? 0));
        yield { places, numbers: vectorsOf(chunk, dimensions).numbers };
      }
    },
    nearest(numbers, limit, min) {
      const each = shards.map((shard) => nearestToEach(shard, numbers, { limit, min, threads }));
      return Array.from({ length: numbers.length / dimensions }, (_, query) =>
        each.flatMap((found, shard) =>
          (found[query] ?? []).map(({ place, similarity }) => ({ place: placeOf(shard, place), similarity })),
        ),
      );
    },
    async imageIds(places) {
      const files = shards.map(({ path, live }, shard) => ({
        path,
        ordinals: places.map((place) => place - placeOf(shard, 0)).filter((own) => own >= 0 && own < live.length),
      }));
      const wanted = files.map((file, shard) => ({ ...file, shard })).filter(({ ordinals }) => ordinals.length > 0);
      const reader = await results.connection.runAndReadAll(imageIdsSql(wanted));
      return new Map(
        idsSchema
          .parse(reader.getRowsJS())
          .map(([file, ordinal, id]) => [placeOf(wanted[file]?.shard ?? 0, ordinal), id]),
      );
    },
  };
}
