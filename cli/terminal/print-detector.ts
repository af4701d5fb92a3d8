import type { Precision } from '../../model/detector/train/cross-validate-detector.ts';
import { countReasons } from '../../model/verify/photo-folder.ts';
import { detectorProbability } from '../../shared/regions/background-rule.ts';
import type { DetectorReport } from '../engine/finetune/finetune-boxes.ts';
import { followUp } from '../engine/follow-up.ts';
import { countOf } from './count-of.ts';
import { cutLabel } from './cut-label.ts';
import { percent } from './percent.ts';
import { printTable } from './print-table.ts';

/** Labels to print; `--json` has all. */
const maxLabels = 30;
const maxListed = 5;

/** @param columns terminal width in characters; undefined without a terminal */
export function printDetector(report: DetectorReport, columns: number | undefined): void {
  const { model, directory, finetunedFrom, images, labels, proposed, objectRegions, backgroundRegions } = report;
  console.log(`${model} in ${directory}, finetuned from ${finetunedFrom}`);
  printSkipped(report);
  const objects = labels.reduce((sum, label) => sum + label.objects, 0);
  console.log(
    `${countOf(images, 'image')} with ${countOf(objects, 'object')} of ${countOf(labels.length, 'label')}; proposals and whole ` +
      `images find ${percent(proposed)} of the objects`,
  );
  console.log(`fitted to ${objectRegions} regions of objects and ${backgroundRegions} of background`);
  printPrecision(report, columns);
  printKept(report);
  printLabels(report, columns);
  if (!report.converged) {
    console.log(
      'the fit did not converge: more images per label, or labels that overlap less, may improve the precision',
    );
  }
  const { folder, regions } = report;
  console.log(`\nFind objects in images: ${followUp('run', { model: directory, regions }, [folder])}`);
}

function printSkipped({ leftOut, clipped }: DetectorReport): void {
  const reasons = Object.entries(countReasons(leftOut.map(({ reason }) => reason)));
  if (reasons.length > 0) {
    const counts = reasons.map(([reason, count]) => `${count} ${reason}`).join(', ');
    const names = leftOut.slice(0, maxListed).map(({ name }) => name);
    const more = leftOut.length > maxListed ? ', …; --json lists all' : '';
    console.log(`not used: ${counts} (${names.join(', ')}${more})`);
  }
  if (clipped > 0) console.log(`${clipped} ${clipped === 1 ? 'box was' : 'boxes were'} cut at the edges of the image`);
}

function printPrecision({ crossValidation, hasBoxRegression }: DetectorReport, columns: number | undefined): void {
  const { folds, tested, proposals, regression, wholeImage } = crossValidation;
  console.log(`\nCross-validated average precision (${folds} folds, ${countOf(tested, 'image')}):\n`);
  const used = (isUsed: boolean) => (isUsed ? 'in the model' : '');
  const rows = [
    ['whole image (baseline)', ...cells(wholeImage), ''],
    ['boxes as proposed', ...cells(proposals), used(!hasBoxRegression)],
    ...(regression ? [['boxes moved by regression', ...cells(regression), used(hasBoxRegression)]] : []),
  ];
  printTable(['', 'overlap 0.5 (VOC)', '0.5 to 0.95 (COCO)', ''], rows, { columns, rightFrom: 4 });
}

function cells({ at50, deviation, coco }: Precision): string[] {
  return [`${at50.toFixed(3)} ± ${deviation.toFixed(3)}`, coco.toFixed(3)];
}

/** Average precision counts boxes in the order of their probabilities, without a threshold. A run has one. */
function printKept({ crossValidation: { kept }, regions }: DetectorReport): void {
  const falseBoxes = `${kept.falseBoxes} false ${kept.falseBoxes === 1 ? 'box' : 'boxes'}`;
  console.log('\nAverage precision counts boxes of all probabilities, which rank them.');
  console.log(
    `"run --regions ${regions}" keeps those from ${detectorProbability} on: ${kept.found} of ${countOf(kept.objects, 'object')} found, ` +
      `${falseBoxes} (cross-validated, overlap 0.5)`,
  );
}

function printLabels({ crossValidation: { labels } }: DetectorReport, columns: number | undefined): void {
  if (labels.length < 2) return;
  console.log('\nBy label, overlap 0.5:\n');
  const worstFirst = labels.toSorted((a, b) => a.averagePrecision - b.averagePrecision).slice(0, maxLabels);
  printTable(
    ['label', 'objects', 'average precision'],
    worstFirst.map(({ label, objects, averagePrecision }) => [
      cutLabel(label),
      String(objects),
      averagePrecision.toFixed(3),
    ]),
    { columns, rightFrom: 1 },
  );
  if (labels.length > maxLabels) console.log(`the ${maxLabels} worst of ${labels.length} labels (--json has all)`);
}
