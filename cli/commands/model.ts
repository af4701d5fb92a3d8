import { type Command, Option } from 'commander';
import { importModel } from '../../model/import/import-model.ts';
import { presets } from '../../model/import/presets.ts';
import { inspectModel } from '../../model/inspect/inspect-model.ts';
import { verifyModel } from '../../model/verify/verify-model.ts';
import { modelId } from '../../shared/model-manifest.ts';
import { printInspection } from '../terminal/print-inspection.ts';

export function addModelCommand(program: Command): void {
  const model = program.command('model').description('Import, inspect and verify models.');
  addImport(model);
  addInspect(model);
  addVerify(model);
}

function addImport(model: Command): void {
  model
    .command('import')
    .argument('<onnx>', 'a published classifier in ONNX form')
    .summary('make a model directory from a published classifier')
    .description(
      'Make a model directory: the network with a free batch, a uint8 input and an embedding output, beside its ' +
        'manifest. The import proves itself: probabilities before and after must agree.',
    )
    .addOption(
      new Option('--preset <name>', 'how the network wants its images')
        .choices(Object.keys(presets))
        .makeOptionMandatory(),
    )
    .requiredOption('--labels <file>', 'a line per class: its id, a space, its name')
    .requiredOption('--out <dir>', 'the model directory to write')
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch model import googlenet-12.onnx --preset bvlc \\\n' +
        '      --labels synset_words.txt --out .cache/googlenet\n',
    )
    .action(async (source: string, options: { preset: string; labels: string; out: string; json?: boolean }) => {
      const { directory, manifest, parity } = await importModel({ source, ...options });
      const { labels, outputs } = manifest;
      const difference = parity.maxDifference;
      if (options.json) {
        console.log(JSON.stringify({ directory, model: modelId(manifest), labels: labels.length, difference }));
        return;
      }
      console.log(
        `${modelId(manifest)} in ${directory}: ${labels.length} labels, embeddings of ${outputs.embeddingSize}, ` +
          `probabilities within ${difference.toExponential(1)} of ${source}`,
      );
    });
}

function addInspect(model: Command): void {
  model
    .command('inspect')
    .argument('<path>', 'a model directory or an .onnx file')
    .description('Show what is in a model: inputs, outputs, operators, parameters.')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExample:\n  $ inception-batch model inspect .cache/googlenet\n')
    .action(async (path: string, options: { json?: boolean }) => {
      const summary = await inspectModel(path);
      if (options.json) console.log(JSON.stringify(summary));
      else printInspection(summary);
    });
}

function addVerify(model: Command): void {
  model
    .command('verify')
    .argument('<dir>', 'a model directory')
    .description('Check that a model does what its manifest says, and that it agrees with where it came from.')
    .option('--against <onnx>', 'the published network to compare probabilities with')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch model verify .cache/googlenet --against googlenet-12.onnx\n' +
        '\nExit code: 0 every check passed; 1 one failed.\n',
    )
    .action(async (directory: string, options: { against?: string; json?: boolean }) => {
      const report = await verifyModel(directory, options);
      if (options.json) console.log(JSON.stringify(report));
      else for (const { name, ok, detail } of report.checks) console.log(`${ok ? 'ok  ' : 'FAIL'}  ${name}: ${detail}`);
      process.exitCode = report.ok ? 0 : 1;
    });
}
