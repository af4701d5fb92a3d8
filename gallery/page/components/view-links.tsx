import { formatNumber } from '../format.ts';
import { useIsNarrow } from '../hooks/use-is-narrow.ts';
import { overview } from '../state/overview.ts';
import { route, type View } from '../state/route.ts';
import { endSearch, search } from '../state/search.ts';
import { FilterSheet } from './filter-sheet.tsx';
import { Icon, type IconName } from './icon.tsx';
import { RouteLink } from './route-link.tsx';
import { SearchByImage } from './search-by-image.tsx';

const links: readonly { view: View; name: string; icon: IconName }[] = [
  { view: 'images', name: 'Images', icon: 'grid' },
  { view: 'overview', name: 'Overview', icon: 'chart' },
  { view: 'failures', name: 'Failures', icon: 'alert' },
];

/** Links to the views; on a phone at the bottom, with the filters and the search by image. */
export function ViewLinks() {
  const isNarrow = useIsNarrow();
  const failed = overview.value?.reasons.reduce((sum, { images }) => sum + images, 0) ?? 0;
  return (
    <nav class="views" aria-label="Views">
      {links.map(({ view, name, icon }) => (
        <RouteLink
          key={view}
          to={{ view, image: undefined }}
          current={route.value.view === view && search.value === null ? 'page' : undefined}
          onNavigate={endSearch}
        >
          <Icon name={icon} />
          <span>{name}</span>
          {view === 'failures' && failed > 0 ? <span class="badge">{formatNumber(failed)}</span> : null}
        </RouteLink>
      ))}
      {isNarrow ? (
        <>
          <FilterSheet />
          <SearchByImage />
        </>
      ) : null}
    </nav>
  );
}
