import type { ImageItem } from '../../server/answers.ts';
import { thumbnail } from '../api.ts';
import { fileName, percent, spoken } from '../words.ts';

/** The picture of an image in a tile, and under it what it was taken for and how surely, or why not. */
export function TileContent({ image, similarity }: { image: ImageItem; similarity?: number }) {
  const { status, label, probability, reason, key } = image;
  const dense = devicePixelRatio > 1.2;
  return (
    <>
      <img src={thumbnail(image.id, dense ? 'dense' : 'tile')} alt="" decoding="async" draggable={false} />
      <span class="caption">
        <span class="caption-label">{label ?? (reason === null ? spoken(status) : spoken(reason))}</span>{' '}
        {probability === null ? null : <span class="number">{percent(probability)}</span>}
        <span class="caption-file">
          {status === 'classified' ? '' : `${spoken(status)}, `}
          {similarity === undefined ? fileName(key) : `similarity ${similarity.toFixed(2)}`}
        </span>
      </span>
    </>
  );
}
