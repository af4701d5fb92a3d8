import { useEffect, useRef } from 'preact/hooks';
import type { ImageDetail, ImageRegion } from '../../server/responses.ts';
import { formatCount, formatPercent, labelName } from '../format.ts';
import { useIsNarrow } from '../hooks/use-is-narrow.ts';
import { usePointedRegion } from '../hooks/use-pointed-region.ts';
import { activeRegion, areBoxesShown, toggleRegion } from '../state/regions.ts';
import { route } from '../state/route.ts';
import { SelectedRegion } from './selected-region.tsx';

/** The regions of an image, each with a button that highlights and selects its box. */
export function RegionList({ image: { id, regions } }: { image: ImageDetail }) {
  const isNarrow = useIsNarrow();
  if (regions === null) return null;
  // The detail of the image before stays until that of the open image is loaded.
  const box = route.value.image === id ? route.value.box : undefined;
  const selected = regions.find(({ region }) => region === box);
  return (
    <section class="regions">
      <div class="regions-head">
        <h3>{formatCount(regions.length, 'region')}</h3>
        {regions.length === 0 ? null : (
          <label>
            <input
              type="checkbox"
              checked={areBoxesShown.value}
              onChange={({ currentTarget }) => {
                areBoxesShown.value = currentTarget.checked;
              }}
            />{' '}
            Show boxes
          </label>
        )}
      </div>
      {regions.length === 0 ? <p class="muted">No part of the image shows an object that the model knows.</p> : null}
      {box !== undefined && box > regions.length ? <p class="notice">The image has no region {box}.</p> : null}
      {isNarrow && selected !== undefined ? (
        <div class="selected-first">
          <p>
            <RegionText region={selected} />
          </p>
          <SelectedRegion key={`${id} ${selected.region}`} id={id} region={selected} />
        </div>
      ) : null}
      <ol>
        {regions.map((region) => (
          <RegionItem key={`${id} ${region.region}`} {...{ id, region, isNarrow }} isSelected={region.region === box} />
        ))}
      </ol>
    </section>
  );
}

interface RegionItemProps {
  /** Of the image. */
  readonly id: string;
  readonly region: ImageRegion;
  readonly isSelected: boolean;
  /** Whether the searches that start from the selected region are above the list, next to the picture. */
  readonly isNarrow: boolean;
}

function RegionItem({ id, region, isSelected, isNarrow }: RegionItemProps) {
  const item = useRef<HTMLLIElement>(null);
  const handlers = usePointedRegion(region.region);
  useEffect(() => {
    if (!isSelected) return;
    // On a narrow screen, the picture is above the list.
    if (isNarrow) document.querySelector('.detail-picture')?.scrollIntoView({ block: 'end' });
    else item.current?.scrollIntoView({ block: 'nearest' });
  }, [isSelected]);
  return (
    <li ref={item}>
      <button
        type="button"
        class={activeRegion.value === region.region ? 'region active' : 'region'}
        aria-pressed={isSelected}
        onClick={() => toggleRegion(region.region)}
        {...handlers}
      >
        <RegionText region={region} />
      </button>
      {isSelected && !isNarrow ? <SelectedRegion id={id} region={region} /> : null}
    </li>
  );
}

function RegionText({ region }: { region: ImageRegion }) {
  return (
    <>
      <span class="choice-name" title={region.label}>
        {labelName(region)}
      </span>{' '}
      <span class="number">{formatPercent(region.probability)}</span>
    </>
  );
}
