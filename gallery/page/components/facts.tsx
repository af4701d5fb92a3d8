import { useEffect, useState } from 'preact/hooks';
import type { ImageDetail, ObjectState } from '../../server/responses.ts';
import { getObject } from '../api.ts';
import { formatBytes, formatNumber, formatTime } from '../format.ts';

const states: Readonly<Record<ObjectState['state'], string>> = {
  same: 'is the one that was looked at',
  other: 'has changed since',
  gone: 'is no longer there',
  unreadable: 'cannot be read now',
  unknown: 'may be another one',
};

/** Where an image is, what its file is like, and by what and when it was classified. */
export function Facts({ image }: { image: ImageDetail }) {
  const { width, height, bytes, format } = image;
  const size = width === null || height === null ? null : `${formatNumber(width)} × ${formatNumber(height)}`;
  const file = [size, format, bytes === null ? null : formatBytes(bytes)].filter((part) => part !== null).join(', ');
  return (
    <section>
      <h3>About</h3>
      <FileState id={image.id} />
      <dl class="facts">
        <Fact name="Key" value={image.key} />
        <Fact name="Bucket" value={image.bucket} />
        <Fact name="Version" value={image.version} />
        <Fact name="File" value={file} />
        <Fact name="Job" value={image.job} />
        <Fact name="Classified" value={image.classifiedAt === null ? null : formatTime(image.classifiedAt)} />
        <Fact name="Ingested" value={formatTime(image.ingestedAt)} />
        <Fact name="Model" value={image.model} />
        <Fact name="Computed on" value={image.provider} />
      </dl>
    </section>
  );
}

function Fact({ name, value }: { name: string; value: string | null }) {
  if (value === null || value === '') return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** Whether the file that is there now is the one that the result is of. */
function FileState({ id }: { id: string }) {
  const [found, setFound] = useState<ObjectState | null>(null);
  useEffect(() => {
    setFound(null);
    const request = new AbortController();
    getObject(id, request.signal).then(setFound, () => undefined); // the picture shows that as well
    return () => request.abort();
  }, [id]);
  if (found === null) return null;
  return (
    <p class={found.state === 'same' ? 'muted' : 'notice'} role="status">
      The file {states[found.state]}
      {found.detail === '' ? '.' : `: ${found.detail}.`}
    </p>
  );
}
