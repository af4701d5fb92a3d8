import { useEffect, useState } from 'preact/hooks';

const narrow = matchMedia('(max-width: 860px)');

/** Whether there is no room for filters at the side, as on a phone. */
export function useIsNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(narrow.matches);
  useEffect(() => {
    const tell = () => setNarrow(narrow.matches);
    narrow.addEventListener('change', tell);
    return () => narrow.removeEventListener('change', tell);
  }, []);
  return isNarrow;
}
