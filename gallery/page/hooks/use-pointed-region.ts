import { useEffect } from 'preact/hooks';
import { pointedRegion } from '../state/regions.ts';

interface PointerHandlers {
  onPointerEnter(event: PointerEvent): void;
  onPointerLeave(): void;
  onFocus(event: FocusEvent): void;
  onBlur(): void;
}

/** Handlers that highlight a region while the mouse or the focus is on its element. A touch selects it instead. */
export function usePointedRegion(region: number): PointerHandlers {
  const leave = () => {
    if (pointedRegion.value === region) pointedRegion.value = null;
  };
  // An element that is removed sends no event.
  useEffect(() => leave, [region]);
  return {
    onPointerEnter({ pointerType }) {
      if (pointerType !== 'touch') pointedRegion.value = region;
    },
    onPointerLeave: leave,
    onFocus({ currentTarget }) {
      // A click focuses too.
      if (currentTarget instanceof Element && currentTarget.matches(':focus-visible')) pointedRegion.value = region;
    },
    onBlur: leave,
  };
}
