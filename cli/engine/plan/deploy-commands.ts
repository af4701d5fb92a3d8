import { settingsOf } from '../../../plan/deployment-of.ts';
import type { PlanOption } from '../../../plan/options.ts';
import { programName } from '../../../shared/failures/program-name.ts';
import { parseGivenLocation } from '../locations.ts';
import { shellWord } from '../shell-word.ts';

/** The stage that the commands deploy. */
const stage = 'batch';

/** The settings of a stage for an option. @param images the location of the images, if it is known */
export function deploySettings(option: PlanOption, images: string | undefined): Readonly<Record<string, unknown>> {
  return settingsOf(option, folderOf(option.model), bucketOf(images));
}

/** The bucket that the stage watches; undefined for a folder, whose images are uploaded to a new bucket. */
function bucketOf(images: string | undefined): string | undefined {
  if (images === undefined) return 'BUCKET';
  const location = parseGivenLocation(images);
  return location.kind === 's3' ? location.bucket : undefined;
}

/** Command lines that fetch the model of an option, deploy it in a new stage, and submit the images or upload a folder. */
export function deployCommands(option: PlanOption, images: string | undefined): string[] {
  const { model } = option;
  const folder = folderOf(model);
  const settings = JSON.stringify(deploySettings(option, images));
  return [
    ...(folder === model ? [] : [`${programName()} model pull ${model} --out ${folder}`]),
    `echo ${shellWord(settings)} > infra/stages/${stage}.json`,
    `npx cdk deploy -c stage=${stage}`,
    sendCommand(option, images, folder),
  ];
}

function sendCommand({ estimate }: PlanOption, images: string | undefined, folder: string): string {
  if (images !== undefined && bucketOf(images) === undefined) {
    return `aws s3 cp --recursive ${shellWord(images)} s3://DROP_BUCKET`;
  }
  const { crops, regions } = estimate.job;
  return [
    `${programName()} submit ${images === undefined ? 's3://BUCKET/PREFIX' : shellWord(images)}`,
    `--store RESULTS_STORE --queue UPLOADS_QUEUE_URL --model ${shellWord(folder)}`,
    ...(crops === 1 ? [] : [`--crops ${crops}`]),
    ...(regions === 0 ? [] : [`--regions ${regions}`]),
  ].join(' ');
}

/** Where `cdk deploy` reads the model; a model by name is copied there first. */
function folderOf(model: string): string {
  return /[/\\]/.test(model) ? model : `.cache/${model}`;
}
