import { filterBy, place } from '../state/place.ts';

const orders = [
  ['key', 'By name'],
  ['probability', 'Most certain first'],
  ['-probability', 'Least certain first'],
  ['time', 'Latest first'],
] as const;

export function SortChoice() {
  return (
    <label class="sort">
      <span class="unseen">Order</span>
      <select
        value={place.value.filter.sort ?? 'key'}
        onChange={({ currentTarget: { value } }) => filterBy({ sort: value === 'key' ? undefined : value })}
      >
        {orders.map(([value, words]) => (
          <option key={value} value={value}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
