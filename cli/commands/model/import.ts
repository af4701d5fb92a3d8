import { type Command, Option } from 'commander';
import { importModel } from '../../../model/import/import-model.ts';
import { presets } from '../../../model/import/presets.ts';
import { modelId } from '../../../shared/model-manifest.ts';

export function addImportCommand(model: Command): void {
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
