/** Pixels of the screen, from the upper left corner of the picture. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export type Size = Pick<Rectangle, 'width' | 'height'>;

/** A label inside a box hides at most this share of its height. */
const maxHidden = 1 / 4;

/**
 * Where to write the label of a box: at one of its corners, inside the picture, and not over another label.
 * @param taken labels that are already placed
 * @returns undefined if no place is free
 */
export function positionLabel(
  box: Rectangle,
  label: Size,
  { picture, taken }: { readonly picture: Size; readonly taken: readonly Rectangle[] },
): Rectangle | undefined {
  const { outside, inside } = placesOf(box, label);
  const isLow = label.height > box.height * maxHidden;
  const places = isLow ? [...outside, ...inside] : [...inside, ...outside];
  return places.find((place) => isInside(place, picture) && !taken.some((other) => overlap(place, other)));
}

/** Where to write the label of the highlighted box: outside it if possible, cut off if it is wider than the picture. */
export function positionActiveLabel(box: Rectangle, label: Size, picture: Size): Rectangle {
  const size = { width: Math.min(label.width, picture.width), height: label.height };
  const { outside, inside } = placesOf(box, size);
  const left = Math.max(0, Math.min(box.left, picture.width - size.width));
  const within = [...outside, ...inside].map((place) => (isInside(place, picture) ? place : { ...place, left }));
  return within.find((place) => isInside(place, picture)) ?? { left, top: Math.max(0, box.top), ...size };
}

function placesOf(box: Rectangle, label: Size) {
  const right = box.left + box.width - label.width;
  const bottom = box.top + box.height;
  const at = (rows: readonly number[]) =>
    rows.flatMap((top) => [box.left, right].map((left): Rectangle => ({ left, top, ...label })));
  return { outside: at([box.top - label.height, bottom]), inside: at([box.top, bottom - label.height]) };
}

function isInside({ left, top, width, height }: Rectangle, picture: Size): boolean {
  return left >= 0 && top >= 0 && left + width <= picture.width && top + height <= picture.height;
}

function overlap(one: Rectangle, other: Rectangle): boolean {
  const across = Math.min(one.left + one.width, other.left + other.width) - Math.max(one.left, other.left);
  const down = Math.min(one.top + one.height, other.top + other.height) - Math.max(one.top, other.top);
  return across > 0 && down > 0;
}
