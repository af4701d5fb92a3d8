import type { Box } from '../../../shared/regions/region.ts';
import { showRegions } from '../state/search.ts';

const sides = [
  ['x', 'Left'],
  ['y', 'Top'],
  ['width', 'Width'],
  ['height', 'Height'],
] as const;

/** Chooses the part of the query image that is searched for, with the keyboard too. @param box the part; undefined for all of it */
export function PartForm({ box }: { box: Box | undefined }) {
  return (
    <>
      <p class="muted">Draw a box on the picture to search for a part of it.</p>
      {box === undefined ? null : (
        <button type="button" class="button" onClick={() => void showRegions()}>
          Search for the whole picture
        </button>
      )}
      <details>
        <summary>Give the box in pixels</summary>
        <Pixels key={box === undefined ? 'all' : Object.values(box).join()} box={box} />
      </details>
    </>
  );
}

function Pixels({ box }: { box: Box | undefined }) {
  return (
    <form
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
            defaultValue={box === undefined ? '' : String(box[name])}
          />
        </label>
      ))}
      <button type="submit" class="button">
        Search for this part
      </button>
    </form>
  );
}
