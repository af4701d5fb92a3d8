import { useState } from 'preact/hooks';
import type { ImageItem } from '../../server/responses.ts';
import { thumbnail } from '../api.ts';
import { fileName, formatPercent, labelName, readableName } from '../format.ts';
import { reconnects } from '../state/live.ts';
import { checkChange, objectChanges } from '../state/object-changes.ts';
import { overview } from '../state/overview.ts';
import { route } from '../state/route.ts';

/** The picture of an image with its label and probability, or its failure reason. */
export function TileContent({ image, similarity }: { image: ImageItem; similarity?: number }) {
  const { status, label, labelId, probability, reason, key, job, modelName } = image;
  const shown = label === null ? readableName(reason ?? status) : labelName({ label, labelId });
  return (
    <>
      <TilePicture id={image.id} />
      <span class="caption">
        <span class="caption-label">{shown}</span>{' '}
        {probability === null ? null : <span class="number">{formatPercent(probability)}</span>}
        <span class="caption-file" title={modelName === null ? undefined : `Result of the model ${modelName}`}>
          {status === 'classified' ? '' : `${readableName(status)}, `}
          {similarity === undefined ? fileName(key) : `similarity ${similarity.toFixed(2)}`}
          {modelName === null ? '' : `, ${modelName}`}
          {similarity === undefined && isOfSeveralJobs() ? `, ${job}` : ''}
        </span>
      </span>
    </>
  );
}

/** Whether the images on the page may be of several jobs, in which file names repeat. */
function isOfSeveralJobs(): boolean {
  return route.value.filter.job === undefined && (overview.value?.jobs.length ?? 0) > 1;
}

const changeTexts = { other: 'overwritten', gone: 'removed' } as const;

/** The picture, marked if its file is no longer the classified one. It is loaded again when the server is back. */
function TilePicture({ id }: { id: string }) {
  const [isLost, setLost] = useState(false);
  const size = devicePixelRatio > 1.2 ? 'dense' : 'tile';
  const change = objectChanges.value.get(id);
  return (
    <>
      <img
        key={isLost ? reconnects.value : 0}
        src={thumbnail(id, size)}
        alt=""
        decoding="async"
        draggable={false}
        onLoad={() => checkChange(id)}
        onError={() => setLost(true)}
      />
      {change === undefined ? null : (
        <span class="mark" title={`The file was ${changeTexts[change]} after classification`}>
          {changeTexts[change]}
        </span>
      )}
    </>
  );
}
