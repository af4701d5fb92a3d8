import type { Layer } from '../measure-layers.ts';

/** Values that separate the output of a block from its input. */
export interface Cut {
  /** Names of the values. */
  readonly values: readonly string[];
  /** Number of elements of all of them, for one image. */
  readonly size: number;
}

/**
 * The smallest set of values through which everything passes that a block computes from its input: the maximum flow through
 * the block, if a value lets through as much as it has elements (Ford and Fulkerson 1956; shortest paths first, Edmonds
 * and Karp 1972). The output is a cut too.
 * @param layers of the block, in topological order
 * @param sizes elements of each value for one image
 */
export function smallestCut(layers: readonly Layer[], output: string, sizes: ReadonlyMap<string, number>): Cut {
  const computed = new Set(layers.flatMap(({ outputs }) => outputs));
  // Each value has two ends: what a layer writes enters `in`, and what other layers read leaves `out`.
  const room = new Map<string, Map<string, number>>();
  const connect = (from: string, to: string, capacity: number) => {
    roomOf(room, from).set(to, capacity);
    if (!roomOf(room, to).has(from)) roomOf(room, to).set(from, 0);
  };
  for (const value of computed) connect(`in ${value}`, `out ${value}`, sizes.get(value) ?? 0);
  for (const layer of layers) {
    for (const target of layer.outputs) {
      for (const value of layer.inputs) {
        connect(computed.has(value) ? `out ${value}` : 'source', `in ${target}`, Number.POSITIVE_INFINITY);
      }
    }
  }
  const target = `out ${output}`;
  for (let path = findPath(room, target); path.has(target); path = findPath(room, target)) push(room, path, target);
  const reached = findPath(room, target);
  const values = [...computed].filter((value) => reached.has(`in ${value}`) && !reached.has(`out ${value}`));
  return { values, size: values.reduce((sum, value) => sum + (sizes.get(value) ?? 0), 0) };
}

function roomOf(room: Map<string, Map<string, number>>, end: string): Map<string, number> {
  const existing = room.get(end);
  if (existing !== undefined) return existing;
  const created = new Map<string, number>();
  room.set(end, created);
  return created;
}

/** The ends that more can flow to, each with the end before it on the shortest path. Stops at the target. */
function findPath(room: ReadonlyMap<string, ReadonlyMap<string, number>>, target: string): Map<string, string> {
  const before = new Map([['source', '']]);
  // Entries that are added to a map are visited too.
  for (const end of before.keys()) {
    for (const [next, capacity] of room.get(end) ?? []) {
      if (capacity > 0 && !before.has(next)) before.set(next, end);
    }
    if (before.has(target)) break;
  }
  return before;
}

function push(room: Map<string, Map<string, number>>, before: ReadonlyMap<string, string>, target: string): void {
  const steps: [string, string][] = [];
  for (let to = target; to !== 'source'; to = before.get(to) ?? 'source') steps.push([before.get(to) ?? 'source', to]);
  const amount = Math.min(...steps.map(([from, to]) => room.get(from)?.get(to) ?? 0));
  for (const [from, to] of steps) {
    const [forward, backward] = [roomOf(room, from), roomOf(room, to)];
    forward.set(to, (forward.get(to) ?? 0) - amount);
    backward.set(from, (backward.get(from) ?? 0) + amount);
  }
}
