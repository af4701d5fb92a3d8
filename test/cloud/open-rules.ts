import { account, region } from './account.ts';
import { EventRule } from './event-rule.ts';
import type { FunctionPool } from './function-pool.ts';
import type { Authorizer } from './iam/authorizer.ts';
import { reasonAgainst } from './not-stood-up.ts';
import { ruleSchema, Schedule } from './schedule.ts';
import { resourcesOf, type Template } from './template/read-template.ts';
import type { Resolve } from './template/resolve-intrinsics.ts';

export interface OpenRulesOptions {
  /** The function with an ARN. */
  readonly functionOf: (arn: string) => FunctionPool;
  readonly authorizer: Authorizer;
}

/**
 * Opens the rules of EventBridge that are enabled.
 * @throws {Error} for a rule with neither a schedule nor a pattern
 */
export function openRules(template: Template, resolve: Resolve, { functionOf, authorizer }: OpenRulesOptions) {
  const schedules: Schedule[] = [];
  const eventRules: EventRule[] = [];
  for (const { id, Properties } of resourcesOf(template, 'AWS::Events::Rule')) {
    if (reasonAgainst(id) !== undefined) continue;
    const { ScheduleExpression, EventPattern: pattern, ...rule } = ruleSchema.parse(resolve(Properties));
    if (rule.State === 'DISABLED') continue;
    const arn = `arn:aws:events:${region}:${account}:rule/${id}`;
    if (ScheduleExpression !== undefined) {
      schedules.push(new Schedule(arn, { ...rule, ScheduleExpression }, functionOf, authorizer));
    } else if (pattern !== undefined) {
      eventRules.push(new EventRule(arn, { pattern, targets: rule.Targets }, functionOf, authorizer));
    } else throw new Error(`${id} has neither a schedule nor a pattern`);
  }
  return { schedules, eventRules };
}
