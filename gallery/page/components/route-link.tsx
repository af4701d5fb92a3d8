import type { ComponentChildren } from 'preact';
import { hrefOf, navigate, type Route } from '../state/route.ts';

interface RouteLinkProps {
  readonly class?: string;
  readonly tabIndex?: number;
  /** Index of the image in the grid. */
  readonly 'data-index'?: number;
  readonly onFocus?: () => void;
  readonly to: Partial<Route>;
  readonly children: ComponentChildren;
  readonly current?: 'page' | 'true' | undefined;
  /** Called before navigation. */
  readonly onNavigate?: (() => void) | undefined;
}

/** A link within the page, followed without a reload. Modified clicks open a new tab or window as usual. */
export function RouteLink({ to, children, current, onNavigate, ...rest }: RouteLinkProps) {
  return (
    <a
      {...rest}
      href={hrefOf(to)}
      aria-current={current}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || event.button !== 0) return;
        event.preventDefault();
        onNavigate?.();
        navigate(to);
      }}
    >
      {children}
    </a>
  );
}
