import { route, setFilter } from '../state/route.ts';

const orders = [
  ['key', 'By name'],
  ['probability', 'Most certain first'],
  ['-probability', 'Least certain first'],
  ['time', 'Latest first'],
] as const;

export function SortChoice() {
  return (
    <label class="sort">
      <span class="visually-hidden">Order</span>
      <select
        value={route.value.filter.sort ?? 'key'}
        onChange={({ currentTarget: { value } }) => setFilter({ sort: value === 'key' ? undefined : value })}
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
