import type { SimilarRegion } from '../../server/responses.ts';
import { thumbnail } from '../api.ts';

/** The longest side of a picture of a region is at most this many times the other: a line is not recognizable. */
const maxAspect = 4;

/** What a region shows, cut by the browser from the large picture of its image; a very thin one with what is around it. */
export function RegionCrop({ region }: { region: SimilarRegion }) {
  const { image, imageWidth, imageHeight } = region;
  const minSide = Math.max(region.width, region.height) / maxAspect;
  const [x, width] = widened([region.x, region.width], minSide, imageWidth);
  const [y, height] = widened([region.y, region.height], minSide, imageHeight);
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

/** A stretch that is at least as long as given, if the whole is: as much longer on both sides, inside the whole. */
function widened([start, length]: readonly [number, number], least: number, whole: number): [number, number] {
  const longer = Math.max(length, Math.min(least, whole));
  return [Math.max(0, Math.min(start - (longer - length) / 2, whole - longer)), longer];
}
