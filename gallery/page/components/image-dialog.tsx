import { useEffect, useRef } from 'preact/hooks';
import { fileName, formatPercent, labelName, readableName } from '../format.ts';
import { useImage } from '../hooks/use-image.ts';
import { imageAt, prefetchAround } from '../state/image-window.ts';
import { closeImage, filterWith, navigate, route } from '../state/route.ts';
import { search } from '../state/search.ts';
import { DetailPicture } from './detail-picture.tsx';
import { Empty } from './empty.tsx';
import { Facts } from './facts.tsx';
import { Icon } from './icon.tsx';
import { active } from './image-grid.tsx';
import { OtherResults } from './other-results.tsx';
import { RegionList } from './region-list.tsx';
import { RouteLink } from './route-link.tsx';
import { SimilarStrip } from './similar-strip.tsx';
import { TopLabels } from './top-labels.tsx';

/** The detail of an image as a dialog; the arrow keys open the previous and next image. */
export function ImageDialog({ id }: { id: string }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { image, error } = useImage(id);
  const position = image?.position ?? null;
  const lastPosition = useRef(position);
  lastPosition.current = position;
  useEffect(() => {
    const opener = document.activeElement;
    dialog.current?.showModal();
    return () => restoreFocus(opener, lastPosition.current);
  }, []);

  useEffect(() => prefetchAround(position), [position]);
  useEffect(() => () => prefetchAround(null), []);

  const neighbor = (step: number) => (position === null ? undefined : imageAt(position + step)?.id);
  const previous = neighbor(-1);
  const next = neighbor(1);
  const show = (neighborId: string | undefined, step: number) => {
    if (neighborId === undefined) return;
    if (position !== null) active.value = position + step;
    navigate({ image: neighborId }, 'replace');
  };
  return (
    <dialog
      ref={dialog}
      class="detail"
      aria-labelledby="detail-title"
      onClose={closeImage}
      closedby="any"
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') show(previous, -1);
        if (event.key === 'ArrowRight') show(next, 1);
      }}
    >
      <div class="detail-body">
        <header class="detail-head">
          <h2 id="detail-title" title={image?.key}>
            {image === null ? 'Image' : fileName(image.key)}
          </h2>
          <button
            type="button"
            class="quiet square"
            disabled={previous === undefined}
            onClick={() => show(previous, -1)}
          >
            <Icon name="left" />
            <span class="visually-hidden">Previous image</span>
          </button>
          <button type="button" class="quiet square" disabled={next === undefined} onClick={() => show(next, 1)}>
            <Icon name="right" />
            <span class="visually-hidden">Next image</span>
          </button>
          <button type="button" class="quiet square" onClick={() => dialog.current?.close()}>
            <Icon name="close" />
            <span class="visually-hidden">Close</span>
          </button>
        </header>
        {error === null ? (
          <DetailPicture id={id} image={image} />
        ) : (
          <div class="detail-problem" role="alert">
            <Empty title={error.isMissing ? 'No such image' : 'The image cannot be shown'} text={error.text}>
              <button type="button" class="button" onClick={() => dialog.current?.close()}>
                Show the images
              </button>
            </Empty>
          </div>
        )}
        {image === null ? null : (
          <div class="detail-text">
            {image.status === 'classified' || image.label !== null ? (
              <p class="result">
                <RouteLink
                  to={{ image: undefined, view: 'images', filter: filterWith({ label: image.labelId ?? undefined }) }}
                >
                  {labelName(image)}
                </RouteLink>{' '}
                <span class="number">{image.probability === null ? '' : formatPercent(image.probability)}</span>
              </p>
            ) : null}
            {image.reason === null ? null : (
              <div class="reason">
                <p class="result">{readableName(image.reason)}</p>
                <p>{image.meaning}</p>
                <p class="muted">{image.detail}</p>
              </div>
            )}
            <RegionList image={image} />
            <TopLabels top={image.top} />
            <OtherResults image={image} />
            <SimilarStrip id={id} hasEmbedding={image.label !== null} />
            <Facts image={image} />
          </div>
        )}
      </div>
    </dialog>
  );
}

/** Moves the focus to the tile of the last opened image, or back to the opener outside the grid. */
function restoreFocus(opener: Element | null, position: number | null): void {
  if (route.peek().view !== 'images' || position === null || search.peek() !== null) {
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    return;
  }
  // After rendering: the row of the active image is always in the document.
  active.value = position;
  requestAnimationFrame(() => {
    const tile = document.querySelector<HTMLElement>(`[data-index="${position}"]`);
    tile?.focus();
  });
}
