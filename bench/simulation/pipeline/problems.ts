import type { Deployment } from '../template/deployment.ts';
import { describeAlarms } from './describe-alarms.ts';
import type { Outcome } from './outcome.ts';

/** A worker needs about five minutes to start; the rest is margin. */
const longWaitSeconds = 15 * 60;
/** Restarts of workers in one scenario that are not worth a change. */
const fewRestarts = 10;

/**
 * What is wrong with a scenario in which nothing failed, one sentence each.
 * @param deployment of the outcome
 */
export function problemsOf({ crops, uploads }: Deployment, outcome: Outcome): string[] {
  const { images, classified, lost, deadLetters, duplicates, restarts, longestWait, alarms } = outcome;
  const checks: [boolean, string][] = [
    [lost > 0, `${lost.toLocaleString('en')} images were dropped at the end of the retention period`],
    [deadLetters > 0, `${deadLetters.toLocaleString('en')} images are in dead-letter queues`],
    [duplicates > 0, `${duplicates.toLocaleString('en')} messages were delivered again while they were processed`],
    [classified + lost + deadLetters < images, 'images still wait at the end'],
    [outcome.oldestUpload > uploads.retentionSeconds / 2, 'uploads wait for more than half of their retention period'],
    [outcome.oldestCrop > crops.retentionSeconds / 2, 'crops wait for more than half of their retention period'],
    [restarts > fewRestarts, `workers were started again ${restarts} times soon after some were ended`],
    [longestWait > longWaitSeconds, `no row for ${Math.round(longestWait / 60)} minutes`],
    [alarms.length > 0, `alarms went off: ${describeAlarms(alarms)}`],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
}
