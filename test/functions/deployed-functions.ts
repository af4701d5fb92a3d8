import { chmodSync, cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionArchitecture } from '../../infra/packing/pack-function.ts';
import { account, region } from '../cloud/account.ts';
import { makeBuckets, makeQueues } from '../cloud/create-resources.ts';
import { reasonAgainst } from '../cloud/not-stood-up.ts';
import { functionSchema } from '../cloud/template/function-schema.ts';
import { type Assembly, resourcesOf } from '../cloud/template/read-template.ts';
import { referencesAt } from '../cloud/template/references.ts';
import { intrinsicsOf, type Resolve } from '../cloud/template/resolve-intrinsics.ts';
import { atEnd } from '../support/at-end.ts';
import { startAws, type TestAws } from '../support/start-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { emulatorOf } from './runtime/architectures.ts';
import { assetFor } from './runtime/asset-for.ts';
import { type FunctionOptions, type RunningFunction, startFunction } from './runtime/start-function.ts';

/** An emulated processor is slower. */
const emulatedTime = 20;

type Options = Omit<FunctionOptions, 'architecture'>;

/** The functions of a template with the buckets and queues that it names, in an emulator of S3 and SQS of their own. */
export class DeployedFunctions {
  readonly aws: TestAws;
  readonly #functions: ReadonlyMap<string, Options>;

  private constructor(aws: TestAws, functions: ReadonlyMap<string, Options>) {
    this.aws = aws;
    this.#functions = functions;
  }

  /**
   * Creates the buckets and queues, and uploads the model.
   * @param model folder that the template deploys
   */
  static async deploy({ template, files }: Assembly, model: string): Promise<DeployedFunctions> {
    const aws = await startAws();
    const at = { region, account, endpoint: aws.endpoint };
    const resolve = intrinsicsOf(template, at, referencesAt(at));
    await makeBuckets(template, resolve, aws, []);
    await makeQueues(template, resolve, aws);
    const functions = new Map<string, Options>();
    for (const { id, Properties } of resourcesOf(template, 'AWS::Lambda::Function')) {
      if (reasonAgainst(id) !== undefined) continue;
      const { Code } = functionSchema.parse(resolve(Properties));
      const asset = files.get(Code.S3Key ?? '');
      if (asset === undefined) throw new Error(`the asset of ${id} is missing`);
      const name = nameOf(asset);
      functions.set(name, optionsOf(resolve, Properties, { name, asset, endpoint: aws.endpoint }));
    }
    const deployed = new DeployedFunctions(aws, functions);
    const target = new URL(deployed.variable('ingest', 'MODEL_MANIFEST'));
    for (const file of readdirSync(model)) {
      const key = new URL(file, target).pathname.slice(1);
      await aws.put(target.hostname, key, readFileSync(join(model, file)));
    }
    return deployed;
  }

  get names(): string[] {
    return [...this.#functions.keys()].sort();
  }

  /** Folder of a function's asset. */
  assetOf(name: string): string {
    return this.#optionsOf(name).asset;
  }

  /** A variable of a function's environment, as in the template. */
  variable(name: string, variable: string): string {
    const value = this.#optionsOf(name).environment[variable];
    if (value === undefined) throw new Error(`the ${name} function has no variable ${variable}`);
    return value;
  }

  /** A function's environment, as in the template. */
  environmentOf(name: string): Readonly<Record<string, string>> {
    return this.#optionsOf(name).environment;
  }

  /** Starts a function with what the template says about it; it ends with the test. */
  async start(
    name: string,
    architecture: FunctionArchitecture,
    changed: Partial<Options> = {},
  ): Promise<RunningFunction> {
    const options = { ...this.#optionsOf(name), ...changed };
    const slowness = emulatorOf(architecture) === undefined ? 1 : emulatedTime;
    const running = await startFunction({
      ...options,
      architecture,
      asset: changed.asset ?? assetFor(architecture, options.asset),
      timeoutSeconds: options.timeoutSeconds * slowness,
    });
    atEnd(() => running.stop());
    return running;
  }

  /** A copy of a function's files that a test may damage. */
  copyOf(name: string, architecture: FunctionArchitecture): string {
    const folder = temporaryFolder();
    cpSync(assetFor(architecture, this.assetOf(name)), folder, { recursive: true });
    chmodSync(folder, 0o755);
    return folder;
  }

  #optionsOf(name: string): Options {
    const options = this.#functions.get(name);
    if (options === undefined) throw new Error(`the template has no function ${name}, only ${this.names.join(', ')}`);
    return options;
  }
}

function optionsOf(
  resolve: Resolve,
  properties: unknown,
  { name, asset, endpoint }: { readonly name: string; readonly asset: string; readonly endpoint: string },
): Options {
  const { Handler, Timeout, MemorySize, EphemeralStorage, Environment } = functionSchema.parse(resolve(properties));
  return {
    ...{ name, asset, handler: Handler, timeoutSeconds: Timeout, memoryMegabytes: MemorySize },
    storageMegabytes: EphemeralStorage.Size,
    environment: { ...Environment.Variables, AWS_ENDPOINT: endpoint },
  };
}

/** The name of one of the project's functions: its folder in `lambdas/`. */
function nameOf(asset: string): string {
  const source = readFileSync(join(asset, 'index.mjs'), 'utf8');
  const name = /^\/\/ lambdas\/(\w+)\/index\.ts$/m.exec(source)?.[1];
  if (name === undefined) throw new Error(`${asset} does not contain a function of lambdas/`);
  return name;
}
