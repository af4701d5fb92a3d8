import { useEffect, useState } from 'preact/hooks';

const narrow = matchMedia('(max-width: 860px)');

/** Whether the screen is too narrow for filters at the side, as on a phone. */
export function useIsNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(narrow.matches);
  useEffect(() => {
    const update = () => setNarrow(narrow.matches);
    narrow.addEventListener('change', update);
    return () => narrow.removeEventListener('change', update);
  }, []);
  return isNarrow;
}
