import type { Count } from '../../server/responses.ts';
import { formatNumber, readableName } from '../format.ts';
import { type FilterName, filterWith, route } from '../state/route.ts';
import { endSearch } from '../state/search.ts';
import { RouteLink } from './route-link.tsx';

interface FilterChoicesProps {
  readonly title: string;
  readonly name: FilterName;
  readonly counts: readonly Count[];
}

/** Values to filter by, one or none of them; following the one that is chosen takes the choice back. */
export function FilterChoices({ title, name, counts }: FilterChoicesProps) {
  const chosen = route.value.filter[name];
  return (
    <section>
      <h2>{title}</h2>
      <ul class="choices">
        {counts.map((count) => (
          <li key={count.name}>
            <RouteLink
              to={{ filter: filterWith({ [name]: count.name === chosen ? undefined : count.name }) }}
              current={count.name === chosen ? 'true' : undefined}
              onNavigate={endSearch}
            >
              <span class="choice-name">{readableName(count.name)}</span>{' '}
              <span class="number">{formatNumber(count.images)}</span>
            </RouteLink>
          </li>
        ))}
      </ul>
    </section>
  );
}
