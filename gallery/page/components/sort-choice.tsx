import { route, setFilter } from '../state/route.ts';

const orders = [
  ['key', 'By name'],
  ['probability', 'Most confident first'],
  ['-probability', 'Least confident first'],
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
        {orders.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
