import type { ComponentChildren } from 'preact';
import { navigate } from '../state/route.ts';
import { Icon } from './icon.tsx';

interface EmptyProps {
  readonly title: string;
  readonly text: string;
  /** Whether taking the filters back would help. */
  readonly canClear?: boolean;
  readonly children?: ComponentChildren;
}

/** In place of what there is none of. */
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
