import type { Results } from '../../results/open/open-results.ts';
import type { UploadEvent } from '../../shared/events/upload-event.ts';

type Identity = Pick<UploadEvent, 'bucket' | 'key' | 'versionId'>;

/** The images that one retry has sent, so that none is sent twice: kept by the database, as they may be millions. */
export class RetriedImages {
  /** A query for `bucket, key, version`, the version empty where there is none. */
  static readonly query = 'select bucket, key, version from retried';
  readonly #results: Results;

  private constructor(results: Results) {
    this.#results = results;
  }

  static async begin(results: Results): Promise<RetriedImages> {
    await results.connection.run('create temp table retried (bucket varchar, key varchar, version varchar)');
    return new RetriedImages(results);
  }

  async add(images: readonly Identity[]): Promise<void> {
    await this.#results.connection.run(`insert into retried ${listed('bucket, key, version')}`, {
      images: textOf(images),
    });
  }

  /** Which of some images were added, by their places. */
  async among(images: readonly Identity[]): Promise<Set<number>> {
    const reader = await this.#results.connection.runAndReadAll(
      `select place from (${listed('*')}) where (bucket, key, version) in (${RetriedImages.query})`,
      { images: textOf(images) },
    );
    return new Set(reader.getRowsJson().map(([place]) => Number(place)));
  }
}

function listed(names: string): string {
  return `select ${names} from (select unnest(from_json($images,
    '[{"place":"BIGINT","bucket":"VARCHAR","key":"VARCHAR","version":"VARCHAR"}]'), recursive := true))`;
}

function textOf(images: readonly Identity[]): string {
  return JSON.stringify(
    images.map(({ bucket, key, versionId }, place) => ({ place, bucket, key, version: versionId ?? '' })),
  );
}
