import { useEffect, useState } from 'preact/hooks';
import type { ImageDetail, ObjectState } from '../../server/responses.ts';
import { getObject } from '../api.ts';
import { formatBytes, formatNumber, formatTime } from '../format.ts';

const states: Readonly<Record<ObjectState['state'], string>> = {
  same: 'is unchanged',
  other: 'has changed',
  gone: 'is missing',
  unreadable: 'cannot be read',
  unknown: 'may have changed',
};

/** Location, file properties and classification of an image. */
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
        <Fact name="Provider" value={image.provider} />
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

/** Whether the file is still the classified one. */
function FileState({ id }: { id: string }) {
  const [file, setFile] = useState<ObjectState | null>(null);
  useEffect(() => {
    setFile(null);
    const request = new AbortController();
    getObject(id, request.signal).then(setFile, () => undefined); // the picture also shows the failure
    return () => request.abort();
  }, [id]);
  if (file === null) return null;
  return (
    <p class={file.state === 'same' ? 'muted' : 'notice'} role="status">
      The file {states[file.state]}
      {file.detail === '' ? '.' : `: ${file.detail}.`}
    </p>
  );
}
