import { expect } from 'vitest';
import type { Graph } from '../../model/graph/graph.ts';
import { calibrate } from '../../model/quantize/calibrate.ts';
import { quantizeNetwork } from '../../model/quantize/quantize-network.ts';
import { runGraph } from './run-graph.ts';
import { crops, feeds, manifest } from './uint8-network.ts';

/** A network in int8, calibrated on the images of the test. */
export async function quantized(graph: Graph, isFloatLayer?: (output: string) => boolean) {
  return quantizeNetwork(graph, await calibrate(graph, manifest, crops), isFloatLayer);
}

/**
 * Expects the mean error of `y` to be below four quantization steps.
 * @param optimized runs the int8 network as it is served, with the optimizations of the runtime
 */
export async function expectNear(graph: Graph, float: Graph, { optimized = false } = {}): Promise<void> {
  const { y: expected = new Float32Array() } = await runGraph(float, feeds);
  const { y: got = new Float32Array() } = await runGraph(graph, feeds, { optimized });
  expect(got).toHaveLength(expected.length);
  const range = Math.max(...expected) - Math.min(...expected);
  const error = expected.reduce((sum, value, index) => sum + Math.abs(value - (got[index] ?? Number.NaN)), 0);
  expect(error / expected.length / range).toBeLessThan(4 / 255);
}
