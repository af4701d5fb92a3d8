import type { SimilarRegion } from '../../server/responses.ts';
import { thumbnail } from '../api.ts';

/** What a region shows, cut by the browser from the large picture of its image. */
export function RegionCrop({ region }: { region: SimilarRegion }) {
  const { image, imageWidth, imageHeight, x, y, width, height } = region;
  const longest = Math.max(width, height);
  const percent = (part: number, whole: number) => `${(100 * part) / whole}%`;
  return (
    <span class="picture crop">
      <span class="window" style={{ width: percent(width, longest), height: percent(height, longest) }}>
        <img
          src={thumbnail(image.id, 'large')}
          alt=""
          decoding="async"
          draggable={false}
          style={{
            left: percent(-x, width),
            top: percent(-y, height),
            width: percent(imageWidth, width),
            height: percent(imageHeight, height),
          }}
        />
      </span>
    </span>
  );
}
