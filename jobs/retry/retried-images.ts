import { z } from 'zod';
import type { Results } from '../../results/open/open-results.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';

type Identity = Pick<UploadEvent, 'bucket' | 'key' | 'versionId'>;

const indexesSchema = z.array(z.object({ index: z.bigint().transform(Number) }));

/** The images that a retry has sent, so that none is sent twice. They may be millions, so DuckDB keeps them. */
export class RetriedImages {
  /** A query for `bucket, key, version`; the version is empty for an object without versions. */
  static readonly query = 'select bucket, key, version from retried';
  readonly #results: Results;

  private constructor(results: Results) {
    this.#results = results;
  }

  static async create(results: Results): Promise<RetriedImages> {
    await results.run('create temp table retried (bucket varchar, key varchar, version varchar)');
    return new RetriedImages(results);
  }

  async add(images: readonly Identity[]): Promise<void> {
    await this.#results.run(`insert into retried ${selectImages('bucket, key, version')}`, { images: jsonOf(images) });
  }

  /** The indexes of the images that were added before. */
  async findAmong(images: readonly Identity[]): Promise<Set<number>> {
    const rows = await this.#results.query(
      indexesSchema,
      `select index from (${selectImages('*')}) where (bucket, key, version) in (${RetriedImages.query})`,
      { images: jsonOf(images) },
    );
    return new Set(rows.map(({ index }) => index));
  }
}

function selectImages(names: string): string {
  return `select ${names} from (select unnest(from_json($images,
    '[{"index":"BIGINT","bucket":"VARCHAR","key":"VARCHAR","version":"VARCHAR"}]'), recursive := true))`;
}

function jsonOf(images: readonly Identity[]): string {
  return JSON.stringify(
    images.map(({ bucket, key, versionId }, index) => ({ index, bucket, key, version: versionId ?? '' })),
  );
}
