import type { ImageRegion } from '../../server/responses.ts';
import { formatPercent, labelName } from '../format.ts';
import { positionActiveLabel, positionLabel, type Rectangle, type Size } from '../position-labels.ts';

export interface BoxLabelsProps {
  /** Earlier ones are labeled first: there may be no room for the others. */
  readonly regions: readonly ImageRegion[];
  /** The highlighted one, which is then the only one with a label. */
  readonly active: ImageRegion | undefined;
  /** Of the upright original, in the pixels of the regions. */
  readonly image: Size;
  /** On the screen. */
  readonly picture: Size;
}

/** More labels would hide the picture. */
const maxLabels = 12;

/** The labels of boxes, above all boxes and at most one at a place. */
export function BoxLabels({ regions, active, image, picture }: BoxLabelsProps) {
  const scale = picture.width / image.width;
  const onScreen = ({ x, y, width, height }: ImageRegion): Rectangle => ({
    ...{ left: x * scale, top: y * scale, width: width * scale, height: height * scale },
  });
  if (active !== undefined) {
    const place = positionActiveLabel(onScreen(active), labelSize(boxText(active)), picture);
    return <BoxLabel className="box-label active" text={boxText(active)} place={place} />;
  }
  const placed = new Map<ImageRegion, Rectangle>();
  for (const region of regions.slice(0, maxLabels)) {
    const size = labelSize(boxText(region));
    const place = positionLabel(onScreen(region), size, { picture, taken: [...placed.values()] });
    if (place !== undefined) placed.set(region, place);
  }
  return [...placed].map(([region, place]) => (
    <BoxLabel key={region.region} className="box-label" text={boxText(region)} place={place} />
  ));
}

/** The boxes and the list have the text for screen readers. */
function BoxLabel({ className, text, place }: { className: string; text: string; place: Rectangle }) {
  const { left, top, width, height } = place;
  return (
    <span
      class={className}
      aria-hidden="true"
      style={{ left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` }}
    >
      {text}
    </span>
  );
}

export const boxText = (region: ImageRegion) => `${labelName(region)} ${formatPercent(region.probability)}`;

let canvas: CanvasRenderingContext2D | null = null;

/** Size of a label with its padding, see `.box-label`. */
function labelSize(text: string): Size {
  const { fontFamily, fontSize } = getComputedStyle(document.documentElement);
  const size = 0.8 * Number.parseFloat(fontSize);
  canvas ??= document.createElement('canvas').getContext('2d');
  if (canvas === null) return { width: size * 0.6 * text.length + 12, height: size * 1.7 };
  canvas.font = `${size}px ${fontFamily}`;
  return { width: Math.ceil(canvas.measureText(text).width) + 13, height: size * 1.7 };
}
