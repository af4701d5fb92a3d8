import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** Path of the runbook in the repository. It has a section for each alarm. */
export const runbook = 'docs/runbook.md';

export interface AlarmText {
  readonly id: string;
  /** One sentence about the problem. */
  readonly problem: string;
  /** Heading of the alarm's section in the runbook. */
  readonly section: string;
}

/** Adds an alarm for a metric that stays at or above a threshold for a number of its periods. */
export type AddAlarm = (metric: IMetric, threshold: number, evaluationPeriods: number, text: AlarmText) => void;

/** Alarms for people: they are published to a topic, and each links its section of the runbook. */
export function addAlarmsTo(scope: Construct, topic: ITopic): AddAlarm {
  return (metric, threshold, evaluationPeriods, { id, problem, section }) => {
    const alarm = new Alarm(scope, id, {
      alarmDescription: `${problem} What to do: ${runbook}#${anchorOf(section)}`,
      metric,
      threshold,
      evaluationPeriods,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  };
}

/** The anchor of a Markdown heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
