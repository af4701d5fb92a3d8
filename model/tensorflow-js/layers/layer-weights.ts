import { UserError } from '../../../shared/failures/user-error.ts';
import type { Weight } from '../network/feature.ts';

/** A layer with the models around it, outermost first: `['model', 'encoder', 'conv1']`. */
export type LayerPath = readonly string[];

/**
 * Finds the weights of layers by name. TensorFlow.js reads `layer/weight` and `layer/cell/weight`; the names of the models
 * around the layer can be in front, and distinguish layers of the same name.
 */
export class LayerWeights {
  readonly #weights: ReadonlyMap<string, Weight>;
  /** The layer that reads a weight. */
  readonly #readers = new Map<string, string>();

  /** @param weights by name: `conv1/kernel`, `encoder/conv1/kernel` */
  constructor(weights: ReadonlyMap<string, Weight>) {
    this.#weights = weights;
  }

  /**
   * @param name of the weight in its layer: `kernel`
   * @returns undefined if it is missing
   * @throws {UserError} if several weights fit, or another layer reads the same one
   */
  find(path: LayerPath, name: string): Weight | undefined {
    const weight = this.#closest(path, name);
    if (weight === undefined) return undefined;
    const layer = path.join('/');
    const reader = this.#readers.get(weight.name) ?? layer;
    if (reader !== layer) {
      throw new UserError(
        `the weight ${weight.name} fits two layers, ${reader} and ${layer}: give the layers other names`,
      );
    }
    this.#readers.set(weight.name, layer);
    return weight;
  }

  /**
   * TensorFlow.js does not load a model with a weight that no layer reads; its layers are incomplete, or have other names.
   * @param isExpected true for a weight that is not of a layer
   * @throws {UserError} naming the first one
   */
  checkAllRead(isExpected: (name: string) => boolean): void {
    const [unread] = [...this.#weights.keys()].filter((name) => !this.#readers.has(name) && !isExpected(name));
    if (unread !== undefined) {
      throw new UserError(`no layer reads the weight ${unread}, and TensorFlow.js refuses the model: convert it again`);
    }
  }

  /** The weight whose name states most of the path. */
  #closest(path: LayerPath, name: string): Weight | undefined {
    const stated = path.map((_, index) => path.slice(index).join('/'));
    const exact = stated.map((prefix) => this.#weights.get(`${prefix}/${name}`)).find((weight) => weight !== undefined);
    if (exact !== undefined) return exact;
    const owners = [...this.#weights.values()].flatMap((weight) => {
      const tokens = weight.name.split('/');
      if (tokens.at(-1) !== name) return [];
      return [tokens.slice(0, -1), tokens.slice(0, -2)].map((owner) => ({ owner: owner.join('/'), weight }));
    });
    const fitting = [
      ...stated.map((prefix) => owners.filter(({ owner }) => owner === prefix)),
      owners.filter(({ owner }) => owner.endsWith(`/${stated.at(-1)}`)),
    ].find((found) => found.length > 0);
    const [first, second] = new Set(fitting?.map(({ weight }) => weight));
    if (first !== undefined && second !== undefined) {
      const names = `${first.name} and ${second.name}`;
      throw new UserError(`the weights ${names} both fit the layer ${path.join('/')}: give the layers other names`);
    }
    return first;
  }
}
