import { useState } from 'preact/hooks';
import { pixelSpan } from '../../../shared/regions/inside-image.ts';
import type { Box } from '../../../shared/regions/region.ts';
import type { Size } from '../position-labels.ts';
import { type Search, showRegions } from '../state/search.ts';

/** The query image, on which a part of it is chosen with the mouse or by touch; `PartForm` serves the keyboard. */
export function QueryPicture({ search: { url, box, regions } }: { search: Search }) {
  const [drawn, setDrawn] = useState<Drawn | null>(null);
  // The browser may not be able to show the image.
  const [shown, setShown] = useState<Size | null>(null);
  const size = regions ?? shown;
  const marked = size === null || drawn === null ? box : boxOf(drawn, size);
  const finish = () => {
    setDrawn(null);
    if (drawn !== null && marked !== undefined) void showRegions(marked);
  };
  return (
    <div
      class="query-picture"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        event.currentTarget.setPointerCapture(event.pointerId);
        const start = pointOf(event);
        setDrawn({ start, end: start });
      }}
      onPointerMove={(event) => {
        if (drawn !== null) setDrawn({ start: drawn.start, end: pointOf(event) });
      }}
      onPointerUp={finish}
      onPointerCancel={() => setDrawn(null)}
    >
      <img
        src={url}
        alt=""
        draggable={false}
        onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) => setShown({ width, height })}
      />
      {marked === undefined || size === null ? null : <span class="outline" style={outlineStyle(marked, size)} />}
    </div>
  );
}

/** Shares of the picture, 0 to 1. */
interface Point {
  readonly x: number;
  readonly y: number;
}

interface Drawn {
  readonly start: Point;
  readonly end: Point;
}

function pointOf({ clientX, clientY, currentTarget }: PointerEvent): Point {
  if (!(currentTarget instanceof Element)) return { x: 0, y: 0 };
  const { left, top, width, height } = currentTarget.getBoundingClientRect();
  const share = (value: number) => Math.min(1, Math.max(0, value));
  return { x: share((clientX - left) / width), y: share((clientY - top) / height) };
}

/** A box is drawn over at least this share of a side: less is a click. */
const leastShare = 0.02;

/** In whole pixels of the image; undefined for a click. */
function boxOf({ start, end }: Drawn, image: Size): Box | undefined {
  const [left, right] = [Math.min(start.x, end.x), Math.max(start.x, end.x)];
  const [top, bottom] = [Math.min(start.y, end.y), Math.max(start.y, end.y)];
  if (Math.max(right - left, bottom - top) < leastShare) return undefined;
  const [x, width] = pixelSpan(left * image.width, right * image.width, image.width);
  const [y, height] = pixelSpan(top * image.height, bottom * image.height, image.height);
  return { x, y, width, height };
}

function outlineStyle({ x, y, width, height }: Box, image: Size) {
  const percent = (part: number, whole: number) => `${(100 * part) / whole}%`;
  return {
    ...{ left: percent(x, image.width), top: percent(y, image.height) },
    ...{ width: percent(width, image.width), height: percent(height, image.height) },
  };
}
