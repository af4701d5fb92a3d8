import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { addImportCommand } from '../../../cli/commands/model/import.ts';
import { type Graph, modelOf } from '../../../model/graph/graph.ts';
import { encodeModel } from '../../../model/onnx/model-file.ts';
import { UserError } from '../../../shared/failures/user-error.ts';
import { parseManifest } from '../../../shared/models/model-manifest.ts';
import { exportedSize, torchvisionExport } from '../../support/exported-networks.ts';
import { plainForm } from '../../support/import-forms.ts';
import { halfForm, quantizedForm } from '../../support/quantized-form.ts';
import { runCommand } from '../../support/run-command.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const network = encodeModel(modelOf(torchvisionExport({ opset: 17, batch: 'free' }).graph));
const size = `${exportedSize}x${exportedSize}`;

async function published(bytes: Uint8Array) {
  const folder = temporaryFolder();
  const source = join(folder, 'net.onnx');
  await writeFile(source, bytes);
  return { source, out: join(folder, 'out') };
}

/** The error of the command, run in this process. */
async function failure(bytes: Uint8Array, ...options: string[]): Promise<unknown> {
  const { source, out } = await published(bytes);
  const model = new Command('model').exitOverride().configureOutput({ writeErr: () => {} });
  addImportCommand(model);
  for (const command of model.commands) command.copyInheritedSettings(model);
  return model.parseAsync(['import', source, '--out', out, ...options], { from: 'user' }).then(
    () => 'no error',
    (error: unknown) => error,
  );
}

describe('model import', () => {
  it('takes all preprocessing options from the command line', async () => {
    const rules = ['--mean', '1,2,3', '--scale', '0.1,0.2,0.3', '--resize', 'cover', '--resize-size', '40x36'];
    const { source, out } = await published(network);
    const sizes = ['--crop-size', size, '--order', 'RGB'];
    const command = ['model', 'import', source, '--out', out, '--json', ...rules, ...sizes];
    const { code, stdout } = await runCommand(command);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ directory: out, labels: 5 });
    const manifest = parseManifest(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')));
    expect(manifest).toMatchObject({
      name: 'net',
      preprocess: {
        resize: { rule: 'cover', width: 40, height: 36 },
        crop: { width: exportedSize, height: exportedSize },
        mean: [1, 2, 3],
        scale: [0.1, 0.2, 0.3],
      },
    });
  });

  it('says in one line that classes without a label file are only numbered', async () => {
    const { source, out } = await published(network);
    const command = ['model', 'import', source, '--out', out, '--preset', 'timm', '--crop-size', size];
    const { code, stdout, stderr } = await runCommand([...command, '--json']);
    expect([code, JSON.parse(stdout).labels]).toEqual([0, 5]);
    expect(stderr).toBe(
      'no label names: the 5 classes are named class 0 to class 4; give --labels <file> with one class per line: id, ' +
        'space, name\n',
    );
    const inspected = await runCommand(['model', 'inspect', out]);
    expect(inspected.stdout).toMatch(/^labels +5, without names$/m);
  });

  it.each<[string, Graph, string[]]>([
    ['grayscale', plainForm({ channels: 1 }), ['the network is grayscale: it gets the luminance of color images']],
    [
      'one logit',
      plainForm({ classes: 1 }),
      ['logits is one number per image: the first label is for low ones, the second for high ones'],
    ],
    ['float16', halfForm('inside'), ['float16 weights were widened to float']],
    [
      'int8',
      quantizedForm('QDQ'),
      ['the network is quantized already: it cannot be trained, optimized or quantized again'],
    ],
    ['color', plainForm(), []],
  ])('says what it made of the network: %s', async (_, graph, notes) => {
    const { source, out } = await published(encodeModel(modelOf(graph)));
    const options = ['--preset', 'timm', '--crop-size', '16x16', '--json'];
    const { code, stderr } = await runCommand(['model', 'import', source, '--out', out, ...options]);
    expect(code).toBe(0);
    expect(stderr.split('\n').filter((line) => line !== '' && !line.startsWith('no label names'))).toEqual(notes);
  });

  it('asks for two labels of a network with one logit, and says in which order', async () => {
    const { source, out } = await published(encodeModel(modelOf(plainForm({ classes: 1 }))));
    const labels = `${out}.txt`;
    const command = [
      'model',
      'import',
      source,
      '--out',
      out,
      '--preset',
      'timm',
      '--crop-size',
      '16x16',
      '--labels',
      labels,
    ];
    await writeFile(labels, 'cat\n');
    const { code, stderr } = await runCommand(command);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /has 2 classes, but .* has 1 label: .*: first the label for a low output, then the one for a high output\n$/,
    );
    await writeFile(labels, 'other\ncat\n');
    const { stdout } = await runCommand(command);
    expect(stdout).toMatch(/: 2 labels from other to cat, embedding size 8/);
  });

  it('shows the first and the last label, which show how the label file was read', async () => {
    const { source, out } = await published(network);
    const labels = `${out}.txt`;
    await writeFile(labels, 'n01440764 tench, Tinca tinca\nb\nc\nd\ne red, blue\n');
    const command = ['model', 'import', source, '--out', out, '--preset', 'timm', '--crop-size', size];
    const { stdout, stderr } = await runCommand([...command, '--labels', labels]);
    expect(stdout).toMatch(/: 5 labels from tench to red, blue, embedding size/);
    expect(stderr).toBe('');
    const { stdout: inspected } = await runCommand(['model', 'inspect', out, '--json']);
    expect(JSON.parse(inspected).manifest).toMatchObject({ labels: 5, labelNames: true });
  });

  it.each<[string, Uint8Array, string[], string]>([
    ['without preprocessing options', network, ['--crop-size', size], 'missing: --mean, --scale, '],
    ['of a truncated file', network.subarray(0, network.length / 2), ['--preset', 'timm'], 'is truncated or damaged'],
    ['of a text file', Buffer.from('labels\n'), ['--preset', 'timm'], 'is not an ONNX model'],
    [
      'of a network with another input size',
      network,
      ['--preset', 'timm'],
      'takes images of 32×32 pixels, not 299×299: give its size as the crop size',
    ],
  ])('rejects an import %s in one line', async (_, bytes, options, message) => {
    const error = await failure(bytes, ...options);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain('\n');
  });

  it.each([
    [['--mean', '1,2'], 'Give three numbers'],
    [['--mean', '1,,2'], 'Give three numbers'],
    [['--crop-size', '224'], 'Give a size'],
    [['--order', 'GRB'], 'Allowed choices are RGB, BGR'],
  ])('rejects the option %s', async (options, message) => {
    const error = await failure(network, ...options);
    expect(error).toBeInstanceOf(CommanderError);
    expect(String(error)).toContain(message);
  });
});
