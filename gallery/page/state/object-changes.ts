import { signal } from '@preact/signals';
import type { ObjectChange } from '../../server/responses.ts';
import { getChanges } from '../api.ts';

/** Images whose files were overwritten or removed after classification, by id. */
export const objectChanges = signal<ReadonlyMap<string, ObjectChange>>(new Map());

const gatherMs = 150;
const maxIds = 200;
const waiting = new Set<string>();

/** Checks the file of an image whose picture is shown now; the images of a screen are checked by one request. */
export function checkChange(id: string): void {
  if (waiting.size === 0) setTimeout(checkWaiting, gatherMs);
  waiting.add(id);
}

function checkWaiting(): void {
  const ids = [...waiting];
  waiting.clear();
  for (let start = 0; start < ids.length; start += maxIds) void check(ids.slice(start, start + maxIds));
}

async function check(ids: readonly string[]): Promise<void> {
  const answer = await getChanges(ids).catch(() => undefined); // checked again when the picture is shown again
  if (answer === undefined) return;
  const next = new Map(objectChanges.value);
  for (const id of ids) {
    const change = answer.changes[id];
    if (change === undefined) next.delete(id);
    else next.set(id, change);
  }
  objectChanges.value = next;
}
