import type { ComponentChildren } from 'preact';
import { hrefOf, navigate, type Route } from '../state/route.ts';

interface RouteLinkProps {
  readonly class?: string;
  /** -1 takes it out of the order in which Tab goes. */
  readonly tabIndex?: number;
  /** Its place in the order of images. */
  readonly 'data-index'?: number;
  readonly onFocus?: () => void;
  readonly to: Partial<Route>;
  readonly children: ComponentChildren;
  readonly current?: 'page' | 'true' | undefined;
  /** Before going there. */
  readonly onNavigate?: (() => void) | undefined;
}

/** A link to another place of the page: followed without loading it anew, but for another tab if that is asked for. */
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
