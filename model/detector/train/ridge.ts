import type { LinearHead } from '../../finetune/linear-head.ts';

/** What to learn a linear layer from. */
export interface RidgeExamples {
  /** One row per example: the inner product of its embedding with that of each example, [examples, examples]. */
  readonly products: Float64Array;
  readonly embeddings: readonly Float32Array[];
  /** One per example, all of the same length. */
  readonly targets: readonly (readonly number[])[];
}

/** Inner products of all embeddings, for `fitRidge`: computed once for all its subsets and penalties. */
export function innerProducts(embeddings: readonly Float32Array[]): Float64Array {
  const count = embeddings.length;
  const products = new Float64Array(count * count);
  for (const [row, one] of embeddings.entries()) {
    for (let column = 0; column <= row; column += 1) {
      const other = embeddings[column] ?? one;
      let sum = 0;
      for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0);
      products[row * count + column] = sum;
      products[column * count + row] = sum;
    }
  }
  return products;
}

/**
 * Ridge regression with a bias that is not penalized, in its dual form: the system has one unknown per example instead of one per component
 * (Saunders, Gammerman and Vovk, Ridge regression learning algorithm in dual variables, 1998).
 * @param rows the examples to use, at least one
 * @param penalty relative to the mean squared distance of the embeddings from their mean
 */
export function fitRidge(examples: RidgeExamples, rows: readonly number[], penalty: number): LinearHead {
  const { embeddings, targets } = examples;
  const kernel = centeredKernel(examples, rows);
  const count = rows.length;
  let trace = 0;
  for (let at = 0; at < count; at += 1) trace += kernel[at * count + at] ?? 0;
  // With one example, or several equal ones, the kernel is 0 and so are the weights.
  const shift = trace > 0 ? (penalty * trace) / count : 1;
  for (let at = 0; at < count; at += 1) kernel[at * count + at] = (kernel[at * count + at] ?? 0) + shift;
  const factor = cholesky(kernel, count);
  const size = embeddings[rows[0] ?? 0]?.length ?? 0;
  const outputs = targets[rows[0] ?? 0]?.length ?? 0;
  const mean = meanOf(rows.map((row) => embeddings[row] ?? new Float32Array(size)));
  const weights = new Float32Array(outputs * size);
  const bias = new Float32Array(outputs);
  for (let output = 0; output < outputs; output += 1) {
    const target = Float64Array.from(rows, (row) => targets[row]?.[output] ?? 0);
    const average = target.reduce((sum, value) => sum + value, 0) / count;
    const dual = solve(
      factor,
      target.map((value) => value - average),
      count,
    );
    const weight = new Float64Array(size);
    for (const [index, row] of rows.entries()) {
      const embedding = embeddings[row] ?? new Float32Array(size);
      const factorOfRow = dual[index] ?? 0;
      for (let at = 0; at < size; at += 1) {
        weight[at] = (weight[at] ?? 0) + factorOfRow * ((embedding[at] ?? 0) - (mean[at] ?? 0));
      }
    }
    weights.set(weight, output * size);
    bias[output] = average - weight.reduce((sum, value, at) => sum + value * (mean[at] ?? 0), 0);
  }
  return { weights, bias };
}

export function applyMap({ weights, bias }: LinearHead, embedding: Float32Array): number[] {
  const size = embedding.length;
  return Array.from(bias, (shift, output) => {
    let sum = shift;
    for (let at = 0; at < size; at += 1) sum += (weights[output * size + at] ?? 0) * (embedding[at] ?? 0);
    return sum;
  });
}

/** Inner products of the rows after their mean is subtracted. */
function centeredKernel({ products, embeddings }: RidgeExamples, rows: readonly number[]): Float64Array {
  const [count, all] = [rows.length, embeddings.length];
  const kernel = new Float64Array(count * count);
  const means = new Float64Array(count);
  for (const [at, row] of rows.entries()) {
    for (const [to, column] of rows.entries()) {
      const value = products[row * all + column] ?? 0;
      kernel[at * count + to] = value;
      means[at] = (means[at] ?? 0) + value / count;
    }
  }
  const mean = means.reduce((sum, value) => sum + value, 0) / count;
  for (let at = 0; at < count; at += 1) {
    for (let to = 0; to < count; to += 1) {
      const index = at * count + to;
      kernel[index] = (kernel[index] ?? 0) - (means[at] ?? 0) - (means[to] ?? 0) + mean;
    }
  }
  return kernel;
}

/** The lower triangular factor of a symmetric positive definite matrix. */
function cholesky(matrix: Float64Array, count: number): Float64Array {
  const factor = new Float64Array(count * count);
  for (let row = 0; row < count; row += 1) {
    for (let column = 0; column <= row; column += 1) {
      let sum = matrix[row * count + column] ?? 0;
      for (let at = 0; at < column; at += 1) {
        sum -= (factor[row * count + at] ?? 0) * (factor[column * count + at] ?? 0);
      }
      factor[row * count + column] =
        row === column ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / (factor[column * count + column] ?? 1);
    }
  }
  return factor;
}

function solve(factor: Float64Array, target: Float64Array, count: number): Float64Array {
  const solution = Float64Array.from(target);
  for (let row = 0; row < count; row += 1) {
    let sum = solution[row] ?? 0;
    for (let at = 0; at < row; at += 1) sum -= (factor[row * count + at] ?? 0) * (solution[at] ?? 0);
    solution[row] = sum / (factor[row * count + row] ?? 1);
  }
  for (let row = count - 1; row >= 0; row -= 1) {
    let sum = solution[row] ?? 0;
    for (let at = row + 1; at < count; at += 1) sum -= (factor[at * count + row] ?? 0) * (solution[at] ?? 0);
    solution[row] = sum / (factor[row * count + row] ?? 1);
  }
  return solution;
}

function meanOf(vectors: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors) {
    for (let at = 0; at < mean.length; at += 1) mean[at] = (mean[at] ?? 0) + (vector[at] ?? 0) / vectors.length;
  }
  return mean;
}
