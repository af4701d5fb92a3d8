import { mkdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbedder } from '../../cli/engine/open-embedder.ts';
import { loadModel } from '../../shared/models/model-directory.ts';
import { ResultsStore } from '../../shared/rows/results-store.ts';
import type { ClassifiedRow, RejectedRow } from '../../shared/rows/row.ts';
import { fileEtag } from '../../shared/stores/local/file-etag.ts';
import { FolderStore } from '../../shared/stores/local/folder-store.ts';
import { writePhotos } from './photos.ts';
import { classifiedRow, rejectedRow } from './result-rows.ts';
import { writeTinyModel } from './tiny-model.ts';

/** A store with many images made from a few pictures, as after a large job, and their model. */
export interface GalleryStore {
  readonly store: string;
  readonly model: string;
  /** Paths of the pictures. */
  readonly pictures: readonly string[];
  /** Stores more classified and rejected images. */
  add(options: { job: string; images: number; rejected?: number; at?: Date }): Promise<void>;
  /** Stores results of another model for the first classified images. @param model `name@digest` */
  relabel(options: { model: string; images: number }): Promise<void>;
}

const pictureCount = 24;

/** @param folder for all files */
export async function galleryStore(folder: string): Promise<GalleryStore> {
  const [store, drop, model] = [join(folder, 'store'), join(folder, 'drop'), join(folder, 'model')];
  await writeTinyModel(model);
  const pictures = (await writePhotos(join(folder, 'pictures'), pictureCount)).map((name) =>
    join(folder, 'pictures', name),
  );
  const embedder = await openEmbedder(await loadModel(model));
  const kinds = await Promise.all(
    pictures.map(async (path) => {
      const { embedding, top } = await embedder.embed(await readFile(path));
      return { path, embedding, top, etag: fileEtag(await stat(path, { bigint: true })) };
    }),
  );
  await embedder.close();
  const { id, preprocess } = embedder.model;
  let next = 0;
  const first: ClassifiedRow[] = [];
  const results = new ResultsStore(new FolderStore(), { bucket: store, prefix: '' });
  return {
    store,
    model,
    pictures,
    async add({ job, images, rejected = 0, at = new Date() }) {
      await mkdir(join(drop, job), { recursive: true });
      const rows: (ClassifiedRow | RejectedRow)[] = [];
      for (let index = 0; index < images + rejected; index += 1) {
        const kind = kinds[next % pictureCount];
        const key = `${job}/${String(next).padStart(6, '0')}.jpg`;
        next += 1;
        if (kind === undefined) continue;
        const { embedding, top, etag, path } = kind;
        const common = {
          image_id: `${drop}/${key}@${etag}`,
          bucket: drop,
          key,
          etag,
          job,
          model: id,
          preprocess,
          ingested_at: at,
        };
        if (index >= images) rows.push({ ...rejectedRow(key, common), reason: 'not_an_image' });
        else {
          const [{ label, label_id, probability } = { label: '', label_id: '', probability: 0 }] = top;
          const answer = { label, label_id, probability, top, embedding };
          const row = classifiedRow(key, { ...common, ...answer, provider: 'cpu', classified_at: at });
          rows.push(row);
          if (first.length < pictureCount) first.push(row);
          await symlink(path, join(drop, key));
        }
      }
      for (let start = 0; start < rows.length; start += 5000) await results.append(rows.slice(start, start + 5000));
    },
    async relabel({ model: other, images }) {
      const answer = { model: other, label: 'other label', label_id: 'other', classified_at: new Date() };
      await results.append(first.slice(0, images).map((row) => ({ ...row, ...answer })));
    },
  };
}
