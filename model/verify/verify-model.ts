import { UserError } from '../../shared/failures/user-error.ts';
import type { Accelerator } from '../../shared/inference/accelerator/provider.ts';
import { loadModel, type Model } from '../../shared/models/model-directory.ts';
import type { ModelManifest } from '../../shared/models/model-manifest.ts';
import { checkParts } from '../graph/check-parts.ts';
import { graphOf } from '../graph/graph.ts';
import { findReducedPrecision, floatModelOf } from '../graph/require-float.ts';
import { parityReference, readSource } from '../import/file/read-source.ts';
import { openPublished } from '../import/published-network.ts';
import { decodeModel } from '../onnx/model-file.ts';
import { type Check, measured } from './check.ts';
import { checkOutputs, runSynthetic } from './check-outputs.ts';
import { checkReferenceOutput } from './check-reference-output.ts';
import { checkSignature } from './check-signature.ts';
import { openNetwork } from './network-session.ts';
import { measureParity, type Parity } from './parity.ts';

export interface VerifyOptions {
  /** Path of the published `.onnx` file to compare probabilities with. */
  readonly against?: string;
  /** Where the reference output is checked; the CPU by default. */
  readonly accelerator?: Accelerator;
}

export interface VerifyReport {
  /** See `modelId`. */
  readonly model: string;
  readonly directory: string;
  readonly ok: boolean;
  /** In order, without the checks that an earlier failure makes impossible. */
  readonly checks: readonly Check[];
}

/**
 * Checks that a model directory matches its manifest: digest, signature, and outputs for synthetic crops.
 * @throws {UserError} if the manifest or network is missing, damaged or does not match, or `against` is not a network
 */
export async function verifyModel(
  directory: string,
  { against, accelerator = 'cpu' }: VerifyOptions = {},
): Promise<VerifyReport> {
  const model = await loadModel(directory);
  const { sha256 } = model.manifest;
  const digest: Check = { name: 'digest', ok: true, detail: `sha256 ${sha256.slice(0, 12)}… matches the manifest` };
  const networkChecks = await checkNetwork(model, against);
  const isServable = networkChecks.every(({ ok, name }) => ok || name === 'parity');
  const reference = isServable ? [await checkReferenceOutput(model, accelerator)] : [];
  const checks = [digest, ...networkChecks, ...reference];
  return { model: model.id, directory, ok: checks.every(({ ok }) => ok), checks };
}

async function checkNetwork({ manifest, network }: Model, against: string | undefined): Promise<Check[]> {
  const opened = await attempt('runtime', () => {
    checkParts(decodeModel(network, manifest.file).graph?.node ?? []);
    return openNetwork(network, manifest.file);
  });
  if ('failed' in opened) return [opened.failed];
  const session = opened.value;
  try {
    const runtime: Check = { name: 'runtime', ok: true, detail: 'onnxruntime loads the network' };
    const signature = checkSignature(session, manifest);
    if (signature.some(({ ok }) => !ok)) return [runtime, ...signature];
    const outputs = await attempt('answers', () => runSynthetic(session, manifest));
    if ('failed' in outputs) return [runtime, ...signature, outputs.failed];
    const parity = against === undefined ? [] : [await checkParity(manifest, network, against)];
    return [runtime, ...signature, ...checkOutputs(outputs.value), ...parity];
  } finally {
    await session.release();
  }
}

async function checkParity(manifest: ModelManifest, network: Uint8Array, against: string): Promise<Check> {
  const source = await readSource(against, { size: manifest.preprocess.crop });
  const published = await openPublished(source, manifest.source.output);
  // The manifest does not state the color order of the published network: only the right one agrees.
  const compared = await attempt('parity', async () => {
    const parities: Parity[] = [];
    for (const networkOrder of ['RGB', 'BGR'] as const) {
      parities.push(await measureParity(published, network, manifest, networkOrder));
    }
    return parities.reduce((best, next) => (next.maxDifference < best.maxDifference ? next : best));
  });
  if ('failed' in compared) return compared.failed;
  const { maxDifference, tolerance, fault } = compared.value;
  const agreed = measured(
    'parity',
    `probabilities differ from ${parityReference(against, source.file)} by`,
    maxDifference,
    tolerance,
  );
  const parity = agreed.ok && fault !== undefined ? { ...agreed, ok: false, detail: fault } : agreed;
  const rounded = parity.ok ? undefined : findReducedPrecision(graphOf(decodeModel(network)));
  if (rounded === undefined) return parity;
  const advice = `this is a model in ${rounded === 'int8' ? 'int8' : 'half precision'}: give --against ${floatModelOf(manifest)}`;
  return { ...parity, detail: `${parity.detail}; ${advice}` };
}

async function attempt<T>(name: string, work: () => Promise<T>): Promise<{ value: T } | { failed: Check }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { failed: { name, ok: false, detail: error.message } };
  }
}
