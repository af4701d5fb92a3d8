import { z } from 'zod';
import type { FunctionPool } from './function-pool.ts';
import type { Authorizer } from './iam/authorizer.ts';

export const ruleSchema = z.looseObject({
  ScheduleExpression: z.string().optional(),
  EventPattern: z.record(z.string(), z.unknown()).optional(),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(z.looseObject({ Arn: z.string(), Input: z.string().optional() })),
});

/** A schedule of EventBridge, run when a test says that its time has come. */
export class Schedule {
  readonly expression: string;
  readonly arn: string;
  readonly #targets: readonly { readonly function: FunctionPool; readonly arn: string; readonly event: unknown }[];
  readonly #authorizer: Authorizer;

  constructor(
    arn: string,
    rule: z.output<typeof ruleSchema> & { readonly ScheduleExpression: string },
    functions: (arn: string) => FunctionPool,
    authorizer: Authorizer,
  ) {
    this.arn = arn;
    this.expression = rule.ScheduleExpression;
    this.#authorizer = authorizer;
    const scheduled = { source: 'aws.events', 'detail-type': 'Scheduled Event', resources: [arn], detail: {} };
    this.#targets = rule.Targets.map(({ Arn, Input }) => ({
      function: functions(Arn),
      arn: Arn,
      event: Input === undefined ? { ...scheduled, time: new Date().toISOString() } : JSON.parse(Input),
    }));
  }

  get functions(): readonly FunctionPool[] {
    return this.#targets.map((target) => target.function);
  }

  /**
   * Invokes the targets and returns their answers.
   * @throws {Error} if a function's policy does not allow this rule to invoke it
   */
  async run(): Promise<unknown[]> {
    const principal = { arn: 'events.amazonaws.com', context: { 'aws:SourceArn': this.arn } };
    const answers: unknown[] = [];
    for (const target of this.#targets) {
      const access = { action: 'lambda:InvokeFunction', resource: target.arn };
      if (!(await this.#authorizer.isAllowed(principal, access))) {
        throw new Error(`${target.function.name} does not allow ${this.arn} to perform lambda:InvokeFunction`);
      }
      answers.push(await target.function.invoke(target.event));
    }
    return answers;
  }
}
