import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { stageTag } from './cost-tags.ts';

export interface MonthlyBudgetProps {
  readonly stage: string;
  /** Per month. */
  readonly dollars: number;
  readonly topic: ITopic;
}

/** Percent of the budget at which the topic is notified: of what was spent, and of the forecast for the month. */
const notifications = [
  { notificationType: 'ACTUAL', threshold: 80 },
  { notificationType: 'ACTUAL', threshold: 100 },
  { notificationType: 'FORECASTED', threshold: 100 },
] as const;

/**
 * A budget for everything that carries the tag of the stage. AWS computes costs about three times a day, and only for a tag
 * that is activated as a cost allocation tag (docs/runbook.md).
 */
export class MonthlyBudget extends Construct {
  constructor(scope: Construct, id: string, { stage, dollars, topic }: MonthlyBudgetProps) {
    super(scope, id);
    const budget = new CfnBudget(this, 'Budget', {
      budget: {
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: dollars, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:${stageTag}$${stage}`] },
      },
      notificationsWithSubscribers: notifications.map(({ notificationType, threshold }) => ({
        notification: {
          notificationType,
          threshold,
          thresholdType: 'PERCENTAGE',
          comparisonOperator: 'GREATER_THAN',
        },
        subscribers: [{ subscriptionType: 'SNS', address: topic.topicArn }],
      })),
    });
    // AWS Budgets checks that it may publish to the topic.
    budget.node.addDependency(topic);
  }
}
