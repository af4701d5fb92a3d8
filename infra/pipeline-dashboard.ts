import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, Stats, TextWidget } from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { alarmingFaults } from '../shared/failures/failure.ts';
import { ageOfOldest, backlogOf, deadLetters, minutesToDrain, type PipelineMetrics } from './metrics.ts';
import type { Queues } from './queues.ts';

export interface PipelineDashboardProps {
  readonly stage: string;
  readonly queues: Queues;
  readonly metrics: PipelineMetrics;
  readonly ingest: IFunction;
  /** Undefined if a function classifies. */
  readonly desiredWorkers: IMetric | undefined;
}

/** One page: what waits, how fast images flow, what fails, and what the accelerator waits for. */
export class PipelineDashboard extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { stage, queues, metrics, ingest, desiredWorkers }: PipelineDashboardProps,
  ) {
    super(scope, id);
    const dashboard = new Dashboard(this, 'Dashboard', {
      dashboardName: `inception-batch-${stage}`,
      defaultInterval: Duration.hours(3),
    });
    const classify = (name: string, statistic: string = Stats.AVERAGE) =>
      metrics.of({ service: 'classify', name, statistic });
    dashboard.addWidgets(
      new TextWidget({
        width: 24,
        height: 1,
        markdown: `inception-batch, ${stage}: uploads → ingest → crops → classify → results`,
      }),
    );
    dashboard.addWidgets(
      graph('Waiting and held messages', [backlogOf(queues.uploads), backlogOf(queues.crops)]),
      graph('Age of the oldest message, seconds', [ageOfOldest(queues.uploads), ageOfOldest(queues.crops)]),
      graph('Crops: minutes until empty, desired workers', [
        minutesToDrain(queues.crops),
        ...(desiredWorkers ? [desiredWorkers] : []),
      ]),
    );
    dashboard.addWidgets(
      graph('Images per minute', [
        metrics.of({ service: 'ingest', name: 'ImagesSent', label: 'crops sent' }),
        metrics.of({ service: 'classify', name: 'ImagesStored', label: 'rows stored' }),
      ]),
      graph('Milliseconds from upload', [
        metrics.of({ service: 'ingest', name: 'UploadToCrops', statistic: Stats.AVERAGE }),
        classify('UploadToRowMedian'),
        classify('UploadToRowMax', Stats.MAXIMUM),
      ]),
      graph('The ingest function', [ingest.metricDuration(), ingest.metricErrors(), ingest.metricThrottles()]),
    );
    dashboard.addWidgets(
      graph('Rejected by ingest', [metrics.byReason('ingest', 'ImagesRejected')]),
      graph('Failed in classify', [metrics.byReason('classify', 'ImagesFailed')]),
      graph('Dead letters', [deadLetters(queues.uploadsDeadLetters), deadLetters(queues.cropsDeadLetters)]),
    );
    dashboard.addWidgets(
      graph(
        'Rejected for access or deployment reasons',
        (['ingest', 'classify'] as const).flatMap((service) =>
          alarmingFaults.map((fault) =>
            metrics.of({ service, name: 'ImagesRejected', fault, label: `${service}: ${fault}` }),
          ),
        ),
      ),
      graph('Failed workers', [metrics.of({ service: 'watch', name: 'WorkersFailed' })]),
      graph('Missing bucket notifications', [
        metrics.of({ service: 'watch', name: 'NotificationsMissing', statistic: Stats.MAXIMUM }),
      ]),
    );
    dashboard.addWidgets(
      graph(
        'The accelerator, %',
        [
          'Busy',
          'WaitedForMessages',
          'WaitedForPixels',
          'WaitedForBatch',
          'WaitedForStore',
          'WaitedForAcknowledgement',
        ].map((name) => classify(name)),
      ),
      graph('Images classified together: batch fill in %, milliseconds', [
        classify('BatchFill'),
        classify('BatchTime'),
      ]),
      graph(
        'Batches closed by',
        ['Size', 'Age', 'Drain'].map((name) => classify(`ClosedBy${name}`, Stats.SUM)),
      ),
    );
  }
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6, leftYAxis: { min: 0 } });
}
