import type { Layer } from './measure-layers.ts';

/**
 * The layers that a value depends on, in their order.
 * @param layers in topological order
 */
export function ancestors(layers: readonly Layer[], output: string): Layer[] {
  const needed = new Set([output]);
  const found: Layer[] = [];
  for (const layer of layers.toReversed()) {
    if (!layer.outputs.some((value) => needed.has(value))) continue;
    found.push(layer);
    for (const value of layer.inputs) needed.add(value);
  }
  return found.reverse();
}

/** Splits a path after each layer where only one of the values computed so far is still read. */
export function splitPath(path: readonly Layer[], output: string): Layer[][] {
  const lastRead = new Map([[output, path.length]]);
  for (const [index, { inputs }] of path.entries()) {
    for (const value of inputs) lastRead.set(value, Math.max(index, lastRead.get(value) ?? 0));
  }
  const segments: Layer[][] = [];
  let segment: Layer[] = [];
  const computed = new Set(path.flatMap(({ outputs }) => outputs));
  const live = new Set(path.flatMap(({ inputs }) => inputs).filter((value) => !computed.has(value)));
  for (const [index, layer] of path.entries()) {
    segment.push(layer);
    for (const value of layer.outputs) if ((lastRead.get(value) ?? 0) > index) live.add(value);
    for (const value of layer.inputs) if (lastRead.get(value) === index) live.delete(value);
    if (live.size > 1) continue;
    segments.push(segment);
    segment = [];
  }
  return segment.length === 0 ? segments : [...segments, segment];
}
