import type { Graph } from '../graph/graph.ts';
import { linksOf } from '../graph/links.ts';
import { isOperator } from '../graph/node.ts';

/** True if the probabilities are the mean of several classifiers. */
export function isEnsemble(graph: Graph, probabilities: string): boolean {
  const producer = linksOf(graph).producer(probabilities);
  return producer !== undefined && isOperator(producer, 'Mean') && producer.input.length > 1;
}
