import { z } from 'zod';
import type { FunctionPool } from './function-pool.ts';
import type { Authorizer } from './iam/authorizer.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A rule of EventBridge that selects events. */
export class EventRule {
  readonly #arn: string;
  readonly #pattern: Fields;
  readonly #targets: readonly { readonly function: FunctionPool; readonly arn: string }[];
  readonly #authorizer: Authorizer;

  constructor(
    arn: string,
    { pattern, targets }: { readonly pattern: Fields; readonly targets: readonly { readonly Arn: string }[] },
    functions: (arn: string) => FunctionPool,
    authorizer: Authorizer,
  ) {
    this.#arn = arn;
    this.#pattern = pattern;
    this.#authorizer = authorizer;
    this.#targets = targets.map(({ Arn }) => ({ function: functions(Arn), arn: Arn }));
  }

  /**
   * Invokes the targets if the event matches.
   * @throws {Error} if a function's policy does not allow this rule to invoke it
   */
  async deliver(event: Fields): Promise<void> {
    if (!matches(this.#pattern, event)) return;
    const principal = { arn: 'events.amazonaws.com', context: { 'aws:SourceArn': this.#arn } };
    for (const { function: target, arn } of this.#targets) {
      if (!(await this.#authorizer.isAllowed(principal, { action: 'lambda:InvokeFunction', resource: arn }))) {
        throw new Error(`${target.name} does not allow ${this.#arn} to perform lambda:InvokeFunction`);
      }
      await target.invoke(event);
    }
  }
}

const fieldsSchema = z.record(z.string(), z.unknown());
const anythingBut = z.strictObject({ 'anything-but': z.array(z.unknown()) });

/**
 * Whether an event matches a pattern of EventBridge: each field has one of the listed values. A list in the event matches if
 * one of its elements does.
 * @throws {Error} for a filter other than values, `anything-but` and `$or`
 */
export function matches(pattern: Fields, event: Fields): boolean {
  return Object.entries(pattern).every(([name, rule]) => {
    if (name === '$or')
      return z
        .array(fieldsSchema)
        .parse(rule)
        .some((alternative) => matches(alternative, event));
    const values = [event[name]].flat();
    if (Array.isArray(rule)) return values.some((value) => rule.some((allowed) => isAllowed(allowed, value)));
    const nested = fieldsSchema.parse(rule);
    return values.some((value) => {
      const fields = fieldsSchema.safeParse(value);
      return fields.success && matches(nested, fields.data);
    });
  });
}

function isAllowed(allowed: unknown, value: unknown): boolean {
  if (typeof allowed !== 'object' || allowed === null) return value === allowed;
  // A field that the event lacks matches nothing.
  return value !== undefined && !anythingBut.parse(allowed)['anything-but'].includes(value);
}
