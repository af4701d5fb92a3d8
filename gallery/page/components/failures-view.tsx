import { useEffect, useState } from 'preact/hooks';
import type { ImageItem, ReasonCount } from '../../server/responses.ts';
import { getImages } from '../api.ts';
import { counting } from '../counting.ts';
import { formatCount, formatNumber, readableName } from '../format.ts';
import { version } from '../state/live.ts';
import { overview } from '../state/overview.ts';
import { filterQuery, filterWith, route } from '../state/route.ts';
import { Empty } from './empty.tsx';
import { FilterChips } from './filter-chips.tsx';
import { RouteLink } from './route-link.tsx';

const maxListed = 200;

/** Rejected images: counts by reason with its meaning, and a list. */
export function FailuresView() {
  const reasons = overview.value?.reasons ?? [];
  const failed = reasons.reduce((sum, { images }) => sum + images, 0);
  return (
    <div class="scroller page">
      <div class="toolbar">
        <p role="status" class="count">
          {overview.value === null ? counting() : formatCount(failed, 'failure')}
        </p>
        <FilterChips />
      </div>
      {overview.value !== null && failed === 0 ? (
        <Empty title="No failures" text="None of the selected images was rejected." />
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

function Reason({ reason: { name, images, meaning, isRetried } }: { reason: ReasonCount }) {
  const isSelected = route.value.filter.reason === name;
  return (
    <RouteLink
      class="card reason-card"
      to={{ filter: filterWith({ reason: isSelected ? undefined : name }) }}
      current={isSelected ? 'true' : undefined}
    >
      <span class="reason-count">{formatNumber(images)}</span>
      <span class="reason-name">{readableName(name)}</span>
      <span class="muted">
        {meaning}; {isRetried ? 'retried by a later run' : 'not retried unless the file changes'}
      </span>
    </RouteLink>
  );
}

function FailureList() {
  const [images, setImages] = useState<readonly ImageItem[]>([]);
  const [count, setCount] = useState(0);
  const query = filterQuery.value;
  const resultsVersion = version.value;
  useEffect(() => {
    const request = new AbortController();
    const rejected = new URLSearchParams(query);
    rejected.set('status', 'rejected');
    getImages(rejected.toString(), { offset: 0, limit: maxListed }, request.signal).then(
      (page) => {
        setImages(page.images);
        setCount(page.count);
      },
      () => undefined, // keep the old list, like the counts above
    );
    return () => request.abort();
  }, [query, resultsVersion]);
  return (
    <section class="card">
      <h2>Rejected images</h2>
      <ul class="failures">
        {images.map((image) => (
          <li key={image.id}>
            <RouteLink to={{ image: image.id }}>{image.key}</RouteLink>{' '}
            <span class="muted">{readableName(image.reason ?? image.status)}</span>
          </li>
        ))}
      </ul>
      {count > images.length ? (
        <p class="muted">{formatNumber(count - images.length)} more: filter by a reason to see them.</p>
      ) : null}
    </section>
  );
}
