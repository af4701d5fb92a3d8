import { UserError } from '../../shared/failures/user-error.ts';
import { type ModelManifest, modelId } from '../../shared/models/model-manifest.ts';
import { elementType } from '../onnx/element-type.ts';
import { getInt } from './attribute.ts';
import type { Graph } from './graph.ts';
import { isOperator } from './node.ts';

/** The precision of a network that is not float. */
export type ReducedPrecision = 'int8' | 'half-precision';

/** The reduced precision of a network; undefined for a float network. */
export function findReducedPrecision({ nodes, initializers }: Graph): ReducedPrecision | undefined {
  if (nodes.some(({ opType }) => /^(QLinear|Quantize|Dequantize|DynamicQuantize)|Integer$/.test(opType))) return 'int8';
  const isHalf =
    [...initializers.values()].some(({ dataType }) => dataType === elementType.float16) ||
    nodes.some((node) => isOperator(node, 'Cast') && getInt(node, 'to', 0) === elementType.float16);
  return isHalf ? 'half-precision' : undefined;
}

const articles: Readonly<Record<ReducedPrecision, string>> = { int8: 'an', 'half-precision': 'a' };

/** @throws {UserError} naming the precision of the model, and the model to give instead */
export function requireFloat(graph: Graph, manifest: ModelManifest): void {
  const reduced = findReducedPrecision(graph);
  if (reduced !== undefined)
    throw new UserError(
      `${modelId(manifest)} is ${articles[reduced]} ${reduced} model: give ${floatModelOf(manifest)}`,
    );
}

/** For a model that cannot be used because it is rounded: the float model to give instead. */
export function floatModelOf({ derivedFrom, finetunedFrom }: ModelManifest): string {
  if (derivedFrom !== undefined) return `the float model that it was made from, ${nameAndId(derivedFrom[0])}`;
  if (finetunedFrom !== undefined) return `a float model; this one was finetuned from ${nameAndId(finetunedFrom[0])}`;
  return 'the float model that it was made from';
}

/** Models are opened by name; the id tells models of equal names apart. */
function nameAndId(id = ''): string {
  return `${id.slice(0, id.indexOf('@'))} (${id})`;
}
