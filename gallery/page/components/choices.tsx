import type { Count } from '../../server/answers.ts';
import { type FilterName, filterWith, place } from '../state/place.ts';
import { endSearch } from '../state/search.ts';
import { number, spoken } from '../words.ts';
import { PlaceLink } from './place-link.tsx';

interface ChoicesProps {
  readonly title: string;
  readonly name: FilterName;
  readonly counts: readonly Count[];
}

/** Values to filter by, one or none of them; following the one that is chosen takes the choice back. */
export function Choices({ title, name, counts }: ChoicesProps) {
  const chosen = place.value.filter[name];
  return (
    <section>
      <h2>{title}</h2>
      <ul class="choices">
        {counts.map((count) => (
          <li key={count.name}>
            <PlaceLink
              to={{ filter: filterWith({ [name]: count.name === chosen ? undefined : count.name }) }}
              current={count.name === chosen ? 'true' : undefined}
              onFollow={endSearch}
            >
              <span class="choice-name">{spoken(count.name)}</span> <span class="number">{number(count.images)}</span>
            </PlaceLink>
          </li>
        ))}
      </ul>
    </section>
  );
}
