import { useEffect, useState } from 'preact/hooks';
import { navigate } from '../state/route.ts';
import { startSearch } from '../state/search.ts';

/** Starts a search by image for files dropped or pasted anywhere on the page. @returns whether a file is over the page */
export function useDropTarget(): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      setOver(true);
    };
    addEventListener('dragenter', over, { signal });
    addEventListener('dragover', over, { signal });
    addEventListener('dragleave', (event) => event.relatedTarget === null && setOver(false), { signal });
    addEventListener(
      'drop',
      (event) => {
        setOver(false);
        if (!event.dataTransfer?.types.includes('Files')) return;
        event.preventDefault();
        start(event.dataTransfer.files);
      },
      { signal },
    );
    addEventListener('paste', (event) => start(event.clipboardData?.files), { signal });
    return () => controller.abort();
  }, []);
  return isOver;
}

function start(files: FileList | undefined): void {
  const [file] = files ?? [];
  if (file === undefined) return;
  navigate({ image: undefined }, 'replace');
  void startSearch(file);
}
