import { computed, signal } from '@preact/signals';
import { navigate, route } from './route.ts';

/** Whether boxes are drawn over pictures; kept from image to image. */
export const areBoxesShown = signal(true);

/** The region under the mouse or the keyboard focus, by number. */
export const pointedRegion = signal<number | null>(null);

/** The region that is highlighted in the picture and in the list. */
export const activeRegion = computed(() => pointedRegion.value ?? route.value.box ?? null);

/** Selects a region of the open image, or removes its selection. */
export function toggleRegion(region: number): void {
  navigate({ box: route.value.box === region ? undefined : region }, 'replace');
}
