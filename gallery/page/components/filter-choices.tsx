import type { FilterName } from '../../server/filter-values.ts';
import type { Count } from '../../server/responses.ts';
import { formatNumber, readableName } from '../format.ts';
import { filterWith, route } from '../state/route.ts';
import { endSearch } from '../state/search.ts';
import { BoundedList } from './bounded-list.tsx';
import { RouteLink } from './route-link.tsx';

interface FilterChoicesProps {
  readonly title: string;
  readonly name: FilterName;
  readonly counts: readonly Count[];
  readonly nouns: { readonly one: string; readonly many: string };
}

/** The values of a column as links: each filters by its value, the selected one removes the filter. */
export function FilterChoices({ title, name, counts, nouns }: FilterChoicesProps) {
  const selected = route.value.filter[name];
  return (
    <section>
      <h2>{title}</h2>
      <BoundedList
        class="choices"
        items={counts}
        initial={8}
        nouns={nouns}
        nameOf={(count) => count.name}
        isSelected={(count) => count.name === selected}
        render={(count) => (
          <RouteLink
            to={{ filter: filterWith({ [name]: count.name === selected ? undefined : count.name }) }}
            current={count.name === selected ? 'true' : undefined}
            onNavigate={endSearch}
          >
            <span class="choice-name">{readableName(count.name)}</span>{' '}
            <span class="number">{formatNumber(count.images)}</span>
          </RouteLink>
        )}
      />
    </section>
  );
}
