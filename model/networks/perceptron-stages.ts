import type { Graph } from '../graph/graph.ts';
import { NetworkBuilder } from './network-builder.ts';
import type { NetworkOptions } from './network-options.ts';
import type { Window } from './window.ts';

/** A convolution and the 1×1 convolutions after it, which are a small perceptron for each pixel. */
export interface PerceptronStage {
  /** Name of a dropout before the convolution. */
  readonly dropout?: string;
  readonly convolution: { readonly filters: number } & Window;
  /** Filters of the 1×1 convolutions. */
  readonly perceptron: readonly number[];
}

/**
 * Network in Network of Lin et al. (2013): a pool after each stage halves the image. The paper averages the class maps of the
 * last 1×1 convolution. Here its input is averaged, which gives the same result since both are linear, and provides an
 * embedding before a linear layer. Layers are named and numbered as in the paper's Caffe models.
 */
export function perceptronNetwork(name: string, stages: readonly PerceptronStage[], options: NetworkOptions): Graph {
  const net = new NetworkBuilder(name, options.size, options);
  let x = net.image;
  let perceptrons = 0;
  for (const [index, { dropout, convolution, perceptron }] of stages.entries()) {
    if (index > 0) x = net.maxPool(x, `pool${index}`, { kernel: 3, stride: 2 });
    if (dropout !== undefined) x = net.dropout(x, dropout, 0.5);
    const { filters, ...window } = convolution;
    x = net.convolution(x, `conv${index + 1}`, filters, window);
    for (const count of perceptron) {
      perceptrons += 1;
      x = net.convolution(x, `cccp${perceptrons}`, count, { kernel: 1 });
    }
  }
  const embedding = net.globalAverage(x, `pool${stages.length}`);
  const probabilities = net.classifier(embedding, `cccp${perceptrons + 1}`, options.classes);
  return net.graph({ probabilities, embedding });
}
