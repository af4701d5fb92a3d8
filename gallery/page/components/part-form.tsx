import { useEffect, useRef } from 'preact/hooks';
import type { Box } from '../../../shared/regions/region.ts';
import { showRegions } from '../state/search.ts';

const sides = [
  ['x', 'Left'],
  ['y', 'Top'],
  ['width', 'Width'],
  ['height', 'Height'],
] as const;

interface PartFormProps {
  /** The part; undefined for all of the image. */
  readonly box: Box | undefined;
  /** Called when the button that searches for the whole image is used: it disappears then, and the focus with it. */
  onWhole(): void;
}

/** Chooses the part of the query image that is searched for, with the keyboard too. */
export function PartForm({ box, onWhole }: PartFormProps) {
  return (
    <>
      <p class="muted">Draw a box on the picture to search for a part of it.</p>
      {box === undefined ? null : (
        <button
          type="button"
          class="button"
          onClick={() => {
            void showRegions();
            onWhole();
          }}
        >
          Search for the whole picture
        </button>
      )}
      <details>
        <summary>Give the box in pixels</summary>
        <Pixels box={box} />
      </details>
    </>
  );
}

function Pixels({ box }: { box: Box | undefined }) {
  const form = useRef<HTMLFormElement>(null);
  // Fields that were created again for another box would lose the focus.
  useEffect(() => {
    for (const input of form.current?.querySelectorAll('input') ?? []) {
      const side = sides.find(([name]) => name === input.name);
      input.value = side === undefined || box === undefined ? '' : String(box[side[0]]);
    }
  }, [box]);
  return (
    <form
      ref={form}
      class="pixels"
      onSubmit={(event) => {
        event.preventDefault();
        const entries = new FormData(event.currentTarget);
        const [x = 0, y = 0, width = 1, height = 1] = sides.map(([name]) => Number(entries.get(name)));
        void showRegions({ x, y, width, height });
      }}
    >
      {sides.map(([name, text]) => (
        <label key={name}>
          {text}
          <input
            type="number"
            inputMode="numeric"
            {...{ name, required: true, max: 999_999_999, step: 1 }}
            min={name === 'x' || name === 'y' ? 0 : 1}
          />
        </label>
      ))}
      <button type="submit" class="button">
        Search for this part
      </button>
    </form>
  );
}
