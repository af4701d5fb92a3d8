import { type FilterName, filterBy, filterNames, go, place } from '../state/place.ts';
import { percent, spoken } from '../words.ts';
import { Icon } from './icon.tsx';

/** What is asked for, each to be taken back. */
export function Chips() {
  const { filter } = place.value;
  const asked = filterNames.filter((name) => name !== 'sort' && filter[name] !== undefined);
  if (asked.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters in use">
      {asked.map((name) => (
        <li key={name}>
          <button type="button" class="chip" onClick={() => filterBy({ [name]: undefined })}>
            <span class="unseen">Take back: </span>
            {wordsOf(name, filter[name] ?? '')}
            <Icon name="close" />
          </button>
        </li>
      ))}
      {asked.length > 1 ? (
        <li>
          <button type="button" class="quiet" onClick={() => go({ filter: {} })}>
            Clear all
          </button>
        </li>
      ) : null}
    </ul>
  );
}

function wordsOf(name: FilterName, value: string): string {
  if (name === 'min') return `at least ${percent(Number(value))}`;
  if (name === 'text') return `“${value}”`;
  return name === 'job' ? `job ${value}` : spoken(value);
}
