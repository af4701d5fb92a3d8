import { useState } from 'preact/hooks';
import type { ImageDetail } from '../../server/responses.ts';
import { thumbnail } from '../api.ts';
import { labelName } from '../format.ts';
import { areBoxesShown } from '../state/regions.ts';
import { RegionBoxes } from './region-boxes.tsx';

interface Picture {
  readonly id: string;
  readonly width: number;
  readonly height: number;
}

/** Longest side of the picture, pixels. */
const maxSide = 1280;

/**
 * The picture of the open image, with boxes over it if it has regions.
 * @param image its detail, or still that of the image before
 */
export function DetailPicture({ id, image }: { id: string; image: ImageDetail | null }) {
  const [loaded, setLoaded] = useState<Picture | null>(null);
  const boxed = image?.id === id ? withRegions(image) : null;
  const shown = loaded?.id === id ? loaded : null;
  return (
    <div class={boxed === null ? 'detail-picture' : 'detail-picture boxed'}>
      <div class="boxed-picture" style={boxed === null ? undefined : sizeOf(boxed)}>
        <img
          key={id}
          src={thumbnail(id, 'large')}
          alt={image === null ? '' : labelName(image)}
          onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
            setLoaded({ id, width: naturalWidth, height: naturalHeight })
          }
        />
        {boxed !== null && shown !== null && areBoxesShown.value && isOfImage(shown, boxed) ? (
          <RegionBoxes regions={boxed.regions} {...shapeOf(boxed)} />
        ) : null}
        {boxed !== null && shown !== null && !isOfImage(shown, boxed) ? (
          <p class="muted other-shape">No boxes are drawn: this is not the picture that was classified.</p>
        ) : null}
      </div>
    </div>
  );
}

type Boxed = ImageDetail & { readonly [name in 'width' | 'height']: number } & {
  readonly regions: NonNullable<ImageDetail['regions']>;
};

function withRegions(image: ImageDetail): Boxed | null {
  const { regions, width, height } = image;
  if (regions === null || regions.length === 0 || width === null || height === null) return null;
  return { ...image, regions, width, height };
}

const shapeOf = ({ width, height }: Boxed) => ({ width, height });

const reduction = ({ width, height }: Boxed) => Math.min(1, maxSide / Math.max(width, height));

/** Custom properties of the layout, see `regions.css`. */
function sizeOf(image: Boxed) {
  const { width, height } = image;
  return { '--aspect': `${width / height}`, '--natural-width': `${width * reduction(image)}px` };
}

/**
 * Whether a picture has the size of the reduced image: not if the file is missing, or was overwritten by an image of another size.
 * Sides are rounded to pixels.
 */
function isOfImage(picture: Picture, image: Boxed): boolean {
  const scale = reduction(image);
  return Math.max(...(['width', 'height'] as const).map((side) => Math.abs(picture[side] - image[side] * scale))) <= 1;
}
