import { useIsNarrow } from '../hooks/use-is-narrow.ts';
import { info } from '../state/live.ts';
import { switchTheme, theme } from '../state/theme.ts';
import { Icon } from './icon.tsx';
import { SearchByImage } from './search-by-image.tsx';
import { SearchField } from './search-field.tsx';
import { ViewLinks } from './view-links.tsx';

export function TopBar() {
  const isNarrow = useIsNarrow();
  const isDark = theme.value === 'dark';
  return (
    <header class="top">
      <div class="brand">
        <img src="/icon.svg" alt="" width="28" height="28" />
        <div>
          <h1>Gallery</h1>
          <p class="store" title={info.value?.store}>
            {info.value?.store ?? ' '}
          </p>
        </div>
      </div>
      <SearchField />
      {isNarrow ? null : <ViewLinks />}
      <div class="top-actions">
        {isNarrow ? null : <SearchByImage />}
        <button type="button" class="quiet square" aria-label="Dark theme" aria-pressed={isDark} onClick={switchTheme}>
          <Icon name={isDark ? 'sun' : 'moon'} />
        </button>
      </div>
    </header>
  );
}
