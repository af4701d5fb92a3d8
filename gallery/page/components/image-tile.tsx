import type { ImageItem } from '../../server/responses.ts';
import { thumbnail } from '../api.ts';
import { fileName, formatPercent, readableName } from '../format.ts';

/** The picture of an image with its label and probability, or its failure reason. */
export function TileContent({ image, similarity }: { image: ImageItem; similarity?: number }) {
  const { status, label, probability, reason, key } = image;
  const dense = devicePixelRatio > 1.2;
  return (
    <>
      <img src={thumbnail(image.id, dense ? 'dense' : 'tile')} alt="" decoding="async" draggable={false} />
      <span class="caption">
        <span class="caption-label">{label ?? (reason === null ? readableName(status) : readableName(reason))}</span>{' '}
        {probability === null ? null : <span class="number">{formatPercent(probability)}</span>}
        <span class="caption-file">
          {status === 'classified' ? '' : `${readableName(status)}, `}
          {similarity === undefined ? fileName(key) : `similarity ${similarity.toFixed(2)}`}
        </span>
      </span>
    </>
  );
}
