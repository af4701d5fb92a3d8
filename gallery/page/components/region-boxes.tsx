import { matchesLabel } from '../../../shared/models/label-name.ts';
import type { ImageRegion } from '../../server/responses.ts';
import { formatPercent, labelName } from '../format.ts';
import { usePointedRegion } from '../hooks/use-pointed-region.ts';
import { activeRegion, toggleRegion } from '../state/regions.ts';
import { route } from '../state/route.ts';

interface RegionBoxesProps {
  readonly regions: readonly ImageRegion[];
  /** Of the image, in the pixels of its regions. */
  readonly width: number;
  readonly height: number;
}

/** The boxes of regions over a picture, for the mouse and touch; the list of the regions serves the keyboard. */
export function RegionBoxes({ regions, width, height }: RegionBoxesProps) {
  const active = regions.find(({ region }) => region === activeRegion.value);
  // Small boxes are above large ones, where they can be pointed at.
  const bySize = regions.toSorted((a, b) => b.width * b.height - a.width * a.height);
  return (
    <div class={active === undefined ? 'boxes' : 'boxes dimmed'}>
      {bySize.map((region) => (
        <BoxButton key={region.region} region={region} place={placeOf(region, { width, height })} />
      ))}
      {active === undefined ? null : <ActiveBox region={active} place={placeOf(active, { width, height })} />}
    </div>
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
    >
      <span class="box-label">{boxText(region)}</span>
    </button>
  );
}

/** Covers no other box for the mouse. */
function ActiveBox({ region, place }: { region: ImageRegion; place: Place }) {
  return (
    <div class="active-box" aria-hidden="true">
      <span class="outline" style={boxStyle(place)} />
      <span class="box-label" style={labelStyle(place)}>
        {boxText(region)}
      </span>
    </div>
  );
}

/** Share of the picture's height, percent, that a label outside the box needs. */
const labelRoom = 12;

/** Above the box, else below it, else inside; aligned with the side of the box from which it has more room. */
function labelStyle({ left, top, width, height }: Place) {
  const horizontal =
    left + width / 2 <= 50
      ? { left: `${left}%`, maxWidth: `${100 - left}%` }
      : { right: `${100 - left - width}%`, maxWidth: `${left + width}%` };
  if (top >= labelRoom) return { ...horizontal, bottom: `${100 - top}%` };
  return { ...horizontal, top: `${top + height <= 100 - labelRoom ? top + height : top}%` };
}

const boxText = (region: ImageRegion) => `${labelName(region)} ${formatPercent(region.probability)}`;
