import type { Command } from 'commander';
import { verifyModel } from '../../../model/verify/verify-model.ts';

export function addVerifyCommand(model: Command): void {
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
