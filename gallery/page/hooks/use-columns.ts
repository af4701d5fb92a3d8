import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

export interface Columns {
  readonly columns: number;
  /** Side of a tile's picture, pixels. */
  readonly side: number;
}

export const gap = 14;

/** How many columns of tiles fit into an element. */
export function useColumns(element: RefObject<HTMLElement | null>): Columns {
  const [columns, setColumns] = useState<Columns>({ columns: 1, side: 160 });
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null) return;
    const measure = () => {
      const { paddingLeft, paddingRight } = getComputedStyle(current);
      const width = current.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
      const minSide = width < 560 ? 104 : 152;
      const fitting = Math.max(2, Math.floor((width + gap) / (minSide + gap)));
      const side = Math.floor((width - gap * (fitting - 1)) / fitting);
      setColumns((previous) =>
        previous.columns === fitting && previous.side === side ? previous : { columns: fitting, side },
      );
    };
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    measure();
    return () => observer.disconnect();
  }, [element]);
  return columns;
}
