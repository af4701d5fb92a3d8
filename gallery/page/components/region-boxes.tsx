import { useRef } from 'preact/hooks';
import { matchesLabel } from '../../../shared/models/label-name.ts';
import type { ImageRegion } from '../../server/responses.ts';
import { usePointedRegion } from '../hooks/use-pointed-region.ts';
import { useSize } from '../hooks/use-size.ts';
import { activeRegion, toggleRegion } from '../state/regions.ts';
import { route } from '../state/route.ts';
import { BoxLabels, boxText } from './box-labels.tsx';

interface RegionBoxesProps {
  readonly regions: readonly ImageRegion[];
  /** Of the image, in the pixels of its regions. */
  readonly width: number;
  readonly height: number;
}

/** The boxes of regions over a picture, for the mouse and touch; the list of the regions serves the keyboard. */
export function RegionBoxes({ regions, width, height }: RegionBoxesProps) {
  const element = useRef<HTMLFieldSetElement>(null);
  const picture = useSize(element);
  const image = { width, height };
  const active = regions.find(({ region }) => region === activeRegion.value);
  // Small boxes are above large ones, where they can be pointed at.
  const bySize = regions.toSorted((a, b) => b.width * b.height - a.width * a.height);
  return (
    <fieldset ref={element} class={active === undefined ? 'boxes' : 'boxes dimmed'} aria-label="Boxes of the regions">
      {bySize.map((region) => (
        <BoxButton key={region.region} region={region} place={placeOf(region, image)} />
      ))}
      {active === undefined ? null : <span class="outline" style={boxStyle(placeOf(active, image))} />}
      {picture === null ? null : <BoxLabels {...{ regions, active, image, picture }} />}
    </fieldset>
  );
}

/** Percent of the picture. */
interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function placeOf({ x, y, width, height }: ImageRegion, image: { width: number; height: number }): Place {
  return {
    left: (100 * x) / image.width,
    top: (100 * y) / image.height,
    width: (100 * width) / image.width,
    height: (100 * height) / image.height,
  };
}

const boxStyle = ({ left, top, width, height }: Place) => ({
  left: `${left}%`,
  top: `${top}%`,
  width: `${width}%`,
  height: `${height}%`,
});

function BoxButton({ region, place }: { region: ImageRegion; place: Place }) {
  const handlers = usePointedRegion(region.region);
  const { region: filter } = route.value.filter;
  const isMatch = filter !== undefined && matchesLabel(filter)({ label: region.label, label_id: region.labelId });
  return (
    <button
      type="button"
      class={isMatch ? 'box match' : 'box'}
      style={boxStyle(place)}
      tabIndex={-1}
      aria-label={boxText(region)}
      aria-pressed={route.value.box === region.region}
      onClick={() => toggleRegion(region.region)}
      {...handlers}
    />
  );
}
