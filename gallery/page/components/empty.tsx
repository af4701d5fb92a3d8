import type { ComponentChildren } from 'preact';
import { navigate } from '../state/route.ts';
import { Icon } from './icon.tsx';

interface EmptyProps {
  readonly title: string;
  readonly text: string;
  /** Shows a button that clears the filters. */
  readonly canClear?: boolean;
  readonly children?: ComponentChildren;
}

/** Shown instead of an empty list. */
export function Empty({ title, text, canClear = false, children }: EmptyProps) {
  return (
    <div class="empty">
      <Icon name="image" />
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
      {canClear ? (
        <button type="button" class="button" onClick={() => navigate({ filter: {} })}>
          Clear filters
        </button>
      ) : null}
    </div>
  );
}
