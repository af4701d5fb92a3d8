import type { UnknownFilter } from '../../server/responses.ts';
import { isConnected, live } from '../state/live.ts';
import { overview } from '../state/overview.ts';
import { ignored, navigate, route, setFilter } from '../state/route.ts';

/** Why the page is not up to date, and what is wrong in its address. */
export function Notices() {
  const problem = live.value?.problem ?? null;
  const text = isConnected.value
    ? problem
    : 'The server does not respond. If it was stopped, start it again with "serve". Reconnecting…';
  // The counts may still be those of an earlier filter.
  const unknown = (overview.value?.unknown ?? []).filter(({ name, value }) => route.value.filter[name] === value);
  return (
    <div role="alert" class="notice-area">
      {text === null ? null : <p class="notice">{text}</p>}
      <IgnoredParts />
      {unknown.map((filter) => (
        <UnknownValue key={filter.name} filter={filter} />
      ))}
    </div>
  );
}

function IgnoredParts() {
  const parts = ignored.value;
  if (parts.length === 0) return null;
  return (
    <div class="notice">
      <p>The page ignores this in its address:</p>
      <ul>
        {parts.map(({ text, advice }) => (
          <li key={text}>
            <code>{text}</code>: {advice}
          </li>
        ))}
      </ul>
      <button type="button" class="button" onClick={() => navigate({}, 'replace')}>
        {parts.length === 1 ? 'Remove it' : 'Remove them'}
      </button>
    </div>
  );
}

const sentences: Readonly<Record<UnknownFilter['name'], (value: string) => string>> = {
  job: (value) => `These results have no job “${value}”.`,
  label: (value) => `No image in these results has the label “${value}”.`,
  region: (value) => `No region in these results has the label “${value}”.`,
  model: (value) => `These results have no model “${value}”.`,
  reason: (value) => `No image in these results was rejected with the reason “${value}”.`,
};

/** A filter that selects nothing because the results do not have its value. */
function UnknownValue({ filter: { name, value, suggestion } }: { filter: UnknownFilter }) {
  return (
    <div class="notice">
      <p>{sentences[name](value)}</p>
      {suggestion === null ? null : (
        <button type="button" class="button" onClick={() => setFilter({ [name]: suggestion })}>
          Show {name} {suggestion}
        </button>
      )}{' '}
      <button type="button" class="button" onClick={() => setFilter({ [name]: undefined })}>
        Remove the filter
      </button>
    </div>
  );
}
