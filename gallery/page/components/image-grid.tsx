// biome-ignore-all lint/a11y/useSemanticElements: a table cannot omit rows or position them absolutely
// biome-ignore-all lint/a11y/useFocusableInteractive: in a grid of links, the links take the focus
import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { formatCount } from '../format.ts';
import { gap, useColumns } from '../hooks/use-columns.ts';
import { useRows } from '../hooks/use-rows.ts';
import { imageAt, showRange } from '../state/image-window.ts';
import { filterQuery, route } from '../state/route.ts';
import { TileContent } from './image-tile.tsx';
import { RouteLink } from './route-link.tsx';

const captionHeight = 48;
/** Browsers limit the height of an element to 16 to 33 million pixels. */
const maxHeight = 15_000_000;

/** Index of the image that takes the keyboard focus. */
export const active = signal(0);

const steps: Readonly<Record<string, (columns: number, page: number) => number>> = {
  ArrowLeft: () => -1,
  ArrowRight: () => 1,
  ArrowUp: (columns) => -columns,
  ArrowDown: (columns) => columns,
  PageUp: (columns, page) => -columns * page,
  PageDown: (columns, page) => columns * page,
  Home: () => Number.NEGATIVE_INFINITY,
  End: () => Number.POSITIVE_INFINITY,
};

/**
 * A virtualised grid of tiles: only the visible rows are in the document. It follows the ARIA grid pattern: arrow keys, Page
 * Up and Down, Home and End move the focus, Enter opens an image.
 */
export function ImageGrid({ count }: { count: number | null }) {
  const scroller = useRef<HTMLDivElement>(null);
  const { columns, side } = useColumns(scroller);
  const rowHeight = side + captionHeight + gap;
  const tiles = count ?? 60; // placeholders while loading
  const allRows = Math.ceil(tiles / columns);
  const rows = Math.min(allRows, Math.floor(maxHeight / rowHeight));
  const last = Math.max(0, Math.min(tiles, rows * columns) - 1);
  const current = Math.min(active.value, last);
  const virtualizer = useRows(scroller, { count: rows, height: rowHeight, kept: Math.floor(current / columns) });
  const items = virtualizer.getVirtualItems();
  const visible = virtualizer.range ?? { startIndex: 0, endIndex: 0 };
  const isFast = useIsFast(virtualizer.scrollOffset ?? 0, virtualizer.isScrolling);
  const mustFocus = useRef(false);

  useEffect(() => {
    if (!isFast) showRange(visible.startIndex * columns, Math.min(last, (visible.endIndex + 2) * columns));
  }, [visible.startIndex, visible.endIndex, columns, last, isFast]);
  useStartAtTop(() => virtualizer.scrollToOffset(0));
  useLayoutEffect(() => {
    if (!mustFocus.current) return;
    const tile = scroller.current?.querySelector<HTMLElement>(`[data-index="${current}"]`);
    if (tile == null) return;
    mustFocus.current = false;
    tile.focus({ preventScroll: true });
  });

  const move = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight));
    const target = current + step(columns, page);
    const next = Math.max(0, Math.min(last, target));
    // Up in the first row and Down in the last row do nothing.
    if (Number.isFinite(target) && target !== next && Math.abs(step(columns, page)) === columns) return;
    active.value = next;
    mustFocus.current = true;
    virtualizer.scrollToIndex(Math.floor(next / columns), { align: 'auto' });
  };
  return (
    <div ref={scroller} class="scroller" data-columns={columns}>
      <div
        role="grid"
        class="grid"
        aria-label="Images"
        aria-busy={count === null}
        aria-rowcount={rows}
        aria-colcount={columns}
        style={{ height: `${virtualizer.getTotalSize()}px` }}
        onKeyDown={move}
      >
        {items.map(({ index: row, start }) => (
          <div
            key={row}
            role="row"
            class="row"
            aria-rowindex={row + 1}
            style={{ transform: `translateY(${start}px)`, gridTemplateColumns: `repeat(${columns}, ${side}px)` }}
          >
            {Array.from({ length: Math.min(columns, tiles - row * columns) }, (_, column) => (
              <div key={column} role="gridcell" aria-colindex={column + 1}>
                <Tile
                  index={row * columns + column}
                  isActive={row * columns + column === current}
                  isLoading={count === null}
                  isFast={isFast}
                />
              </div>
            ))}
          </div>
        ))}
      </div>
      {rows < allRows ? (
        <p class="muted">Only the first {formatCount(last + 1, 'image')} are shown: filter to see the others.</p>
      ) : null}
    </div>
  );
}

interface TileProps {
  readonly index: number;
  readonly isActive: boolean;
  readonly isLoading: boolean;
  readonly isFast: boolean;
}

function Tile({ index, isActive, isLoading, isFast }: TileProps) {
  const image = isLoading ? undefined : imageAt(index);
  const wasShown = useRef<string | undefined>(undefined);
  const tabIndex = isActive ? 0 : -1;
  if (image === undefined || (isFast && wasShown.current !== image.id)) {
    return (
      <div class="tile waiting" tabIndex={tabIndex} data-index={index}>
        <span class="picture" />
        <span class="visually-hidden">Loading</span>
      </div>
    );
  }
  wasShown.current = image.id;
  return (
    <RouteLink
      class={`tile ${image.status}`}
      to={{ image: image.id }}
      tabIndex={tabIndex}
      data-index={index}
      onFocus={() => {
        active.value = index;
      }}
    >
      <TileContent key={image.id} image={image} />
    </RouteLink>
  );
}

/** Whether the grid scrolls so fast that fetching the passing images would be wasted. */
function useIsFast(offset: number, isScrolling: boolean): boolean {
  const last = useRef({ offset, at: performance.now() });
  const [isFast, setFast] = useState(false);
  useLayoutEffect(() => {
    const now = performance.now();
    const speed = Math.abs(offset - last.current.offset) / Math.max(1, now - last.current.at);
    last.current = { offset, at: now };
    setFast(isScrolling && speed > 6);
  }, [offset, isScrolling]);
  return isFast;
}

/** Scrolls to the top when the filter or the order changes. */
function useStartAtTop(scrollToTop: () => void): void {
  const query = filterQuery.value;
  const lastQuery = useRef(query);
  useLayoutEffect(() => {
    if (lastQuery.current === query) return;
    lastQuery.current = query;
    active.value = 0;
    if (route.peek().image === undefined) scrollToTop();
  });
}
