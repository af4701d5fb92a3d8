import type { Command } from 'commander';
import { quantiseModel } from '../../../model/quantize/quantise-model.ts';
import { modelId } from '../../../shared/model-manifest.ts';
import { positiveInteger } from '../pipeline-options.ts';

interface QuantizeOptions {
  readonly calibrate: string;
  readonly images: number;
  readonly out: string;
  readonly json?: boolean;
}

export function addQuantizeCommand(model: Command): void {
  model
    .command('quantize')
    .argument('<dir>', 'a float model directory')
    .summary('make an int8 model, several times as fast on a CPU')
    .description(
      'Make an int8 model of a float one. Ranges are taken from the images of a folder, which need no labels; a hundred ' +
        'that look like those to come are enough. The outcome is compared with the float model on the same images.',
    )
    .requiredOption('--calibrate <folder>', 'folder of images')
    .requiredOption('--out <dir>', 'the model directory to write')
    .option('--images <n>', 'images to calibrate with at most', positiveInteger, 100)
    .option('--json', 'print the outcome as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ inception-batch model quantize .cache/googlenet --calibrate ./photos --out .cache/googlenet-int8\n',
    )
    .action(async (source: string, options: QuantizeOptions) => {
      const { manifest, ...outcome } = await quantiseModel({ source, ...options });
      if (options.json) {
        console.log(JSON.stringify({ model: modelId(manifest), ...outcome }));
        return;
      }
      const { sameLabel, embeddingCosine } = outcome.agreement;
      console.log(
        `${modelId(manifest)} in ${outcome.directory}: on ${outcome.images} images the same label as before ` +
          `${(sameLabel * 100).toFixed(1)} % of the time, embeddings' cosine ${embeddingCosine.toFixed(4)}`,
      );
      if (outcome.inFloat.length > 0) console.log(`in float as before: ${outcome.inFloat.join(', ')}`);
      if (outcome.passedOver > 0) console.log(`no images, passed over: ${outcome.passedOver} files`);
    });
}
