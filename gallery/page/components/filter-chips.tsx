import { formatPercent, readableName } from '../format.ts';
import { type FilterName, filterNames, navigate, route, setFilter } from '../state/route.ts';
import { Icon } from './icon.tsx';

/** What is asked for, each to be taken back. */
export function FilterChips() {
  const { filter } = route.value;
  const asked = filterNames.filter((name) => name !== 'sort' && filter[name] !== undefined);
  if (asked.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters in use">
      {asked.map((name) => (
        <li key={name}>
          <button type="button" class="chip" onClick={() => setFilter({ [name]: undefined })}>
            <span class="visually-hidden">Take back: </span>
            {wordsOf(name, filter[name] ?? '')}
            <Icon name="close" />
          </button>
        </li>
      ))}
      {asked.length > 1 ? (
        <li>
          <button type="button" class="quiet" onClick={() => navigate({ filter: {} })}>
            Clear all
          </button>
        </li>
      ) : null}
    </ul>
  );
}

function wordsOf(name: FilterName, value: string): string {
  if (name === 'min') return `at least ${formatPercent(Number(value))}`;
  if (name === 'text') return `“${value}”`;
  return name === 'job' ? `job ${value}` : readableName(value);
}
