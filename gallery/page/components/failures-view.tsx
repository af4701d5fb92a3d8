import { useEffect, useState } from 'preact/hooks';
import type { ImageItem, ReasonCount } from '../../server/responses.ts';
import { getImages } from '../api.ts';
import { formatCount, formatNumber, readableName } from '../format.ts';
import { version } from '../state/live.ts';
import { overview } from '../state/overview.ts';
import { filterQuery, filterWith, route } from '../state/route.ts';
import { Empty } from './empty.tsx';
import { FilterChips } from './filter-chips.tsx';
import { RouteLink } from './route-link.tsx';

const listed = 200;

/** What was rejected: by reason with its meaning, and one by one. */
export function FailuresView() {
  const reasons = overview.value?.reasons ?? [];
  const failed = reasons.reduce((sum, { images }) => sum + images, 0);
  return (
    <div class="scroller page">
      <div class="toolbar">
        <p role="status" class="count">
          {overview.value === null ? 'Counting…' : formatCount(failed, 'failure')}
        </p>
        <FilterChips />
      </div>
      {overview.value !== null && failed === 0 ? (
        <Empty title="Nothing failed" text="Every image that is asked for here was classified." />
      ) : (
        <>
          <ul class="reasons">
            {reasons.map((reason) => (
              <li key={reason.name}>
                <Reason reason={reason} />
              </li>
            ))}
          </ul>
          <FailureList />
        </>
      )}
    </div>
  );
}

function Reason({ reason: { name, images, meaning, triedAgain } }: { reason: ReasonCount }) {
  const isChosen = route.value.filter.reason === name;
  return (
    <RouteLink
      class="card reason-card"
      to={{ filter: filterWith({ reason: isChosen ? undefined : name }) }}
      current={isChosen ? 'true' : undefined}
    >
      <span class="reason-count">{formatNumber(images)}</span>
      <span class="reason-name">{readableName(name)}</span>
      <span class="muted">
        {meaning}; {triedAgain ? 'a later run tries again' : 'final for these bytes'}
      </span>
    </RouteLink>
  );
}

function FailureList() {
  const [images, setImages] = useState<readonly ImageItem[]>([]);
  const [count, setCount] = useState(0);
  const query = filterQuery.value;
  const seen = version.value;
  useEffect(() => {
    const request = new AbortController();
    const asked = new URLSearchParams(query);
    asked.set('status', 'rejected');
    getImages(asked.toString(), { offset: 0, limit: listed }, request.signal).then(
      (page) => {
        setImages(page.images);
        setCount(page.count);
      },
      () => undefined, // the counts above, from the same server, stay as they are too
    );
    return () => request.abort();
  }, [query, seen]);
  return (
    <section class="card">
      <h2>One by one</h2>
      <ul class="failures">
        {images.map((image) => (
          <li key={image.id}>
            <RouteLink to={{ image: image.id }}>{image.key}</RouteLink>{' '}
            <span class="muted">{readableName(image.reason ?? image.status)}</span>
          </li>
        ))}
      </ul>
      {count > images.length ? (
        <p class="muted">And {formatNumber(count - images.length)} more: filter by a reason.</p>
      ) : null}
    </section>
  );
}
