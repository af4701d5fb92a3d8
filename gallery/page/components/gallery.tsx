import { useDropTarget } from '../hooks/use-drop-target.ts';
import { useIsNarrow } from '../hooks/use-is-narrow.ts';
import { useShortcuts } from '../hooks/use-shortcuts.ts';
import { route } from '../state/route.ts';
import { search } from '../state/search.ts';
import { FailuresView } from './failures-view.tsx';
import { FilterPanel } from './filter-panel.tsx';
import { ImageDialog } from './image-dialog.tsx';
import { ImagesView } from './images-view.tsx';
import { Notices } from './notices.tsx';
import { OverviewView } from './overview-view.tsx';
import { SearchView } from './search-view.tsx';
import { TopBar } from './top-bar.tsx';
import { ViewLinks } from './view-links.tsx';

/** The page: top bar, filters at the side on wide screens, one view, and the image detail as a dialog. */
export function Gallery() {
  const isNarrow = useIsNarrow();
  const isDropping = useDropTarget();
  useShortcuts();
  const { image } = route.value;
  return (
    <div class="frame">
      <a class="skip" href="#content">
        Skip to the images
      </a>
      <TopBar />
      {isNarrow ? null : (
        <aside class="side" aria-label="Filters">
          <FilterPanel />
        </aside>
      )}
      <main id="content" class="content" tabIndex={-1}>
        <Notices />
        <View />
      </main>
      {isNarrow ? <ViewLinks /> : null}
      {image === undefined ? null : <ImageDialog key="detail" id={image} />}
      {isDropping ? <p class="drop-here">Drop the image to find similar ones</p> : null}
    </div>
  );
}

function View() {
  if (search.value !== null) return <SearchView search={search.value} />;
  const { view } = route.value;
  if (view === 'overview') return <OverviewView />;
  return view === 'failures' ? <FailuresView /> : <ImagesView />;
}
