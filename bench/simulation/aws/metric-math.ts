import { type MathNode, parse } from 'mathjs/number';
import { UserError } from '../../../shared/failures/user-error.ts';

/** A compiled expression of CloudWatch's metric math. */
export interface MetricExpression {
  /** The ids of its inputs. */
  readonly inputs: readonly string[];
  /** The value at one time; undefined where an input is missing, except inside FILL. */
  evaluate(inputs: ReadonlyMap<string, number | undefined>): number | undefined;
}

/** Functions of CloudWatch over single values. AND, OR and arithmetic are operators of mathjs. */
const functions: Readonly<Record<string, (...values: number[]) => number>> = {
  IF: (condition, then = 0, otherwise = 0) => (condition ? then : otherwise),
  CEIL: (value = 0) => Math.ceil(value),
  FLOOR: (value = 0) => Math.floor(value),
  ABS: (value = 0) => Math.abs(value),
};
const filled = '__filled_';

/**
 * Compiles an expression over numbers. mathjs parses and computes it; this module adds CloudWatch's functions and its
 * treatment of missing values.
 * @throws {UserError} for a function that is not modeled
 */
export function compileMetricMath(expression: string): MetricExpression {
  const parsed = parse(expression.replaceAll(/\bAND\b/g, 'and').replaceAll(/\bOR\b/g, 'or'));
  const fills = new Map<string, { readonly input: string; readonly otherwise: number }>();
  const replaced = parsed.transform((node) => replaceFill(node, fills, expression));
  const required = new Set<string>();
  replaced.traverse((node, path) => {
    const name = symbolOf(node);
    if (name === undefined || fills.has(name)) return;
    if (path !== 'fn') required.add(name);
    else if (!(name in functions)) throw new UserError(`the simulation does not know ${name} in "${expression}"`);
  });
  const code = replaced.compile();
  return {
    inputs: [...new Set([...required, ...Array.from(fills.values(), ({ input }) => input)])],
    evaluate(inputs) {
      const scope: Record<string, unknown> = { ...functions };
      for (const name of required) {
        const value = inputs.get(name);
        if (value === undefined) return undefined;
        scope[name] = value;
      }
      for (const [name, { input, otherwise }] of fills) scope[name] = inputs.get(input) ?? otherwise;
      return Number(code.evaluate(scope));
    },
  };
}

/** FILL(input, number) becomes a symbol that always has a value. */
function replaceFill(
  node: MathNode,
  fills: Map<string, { readonly input: string; readonly otherwise: number }>,
  expression: string,
): MathNode {
  if (!isCall(node) || node.fn.name !== 'FILL') return node;
  const [first, second] = node.args;
  const input = first && symbolOf(first);
  const otherwise = Number(second?.toString());
  if (input === undefined || Number.isNaN(otherwise)) {
    throw new UserError(`the simulation knows FILL of an input with a number only: "${expression}"`);
  }
  const name = `${filled}${fills.size}`;
  fills.set(name, { input, otherwise });
  return parse(name);
}

function isCall(node: MathNode): node is MathNode & { fn: { name: string }; args: MathNode[] } {
  return node.type === 'FunctionNode';
}

function symbolOf(node: MathNode): string | undefined {
  return node.type === 'SymbolNode' && 'name' in node && typeof node.name === 'string' ? node.name : undefined;
}
