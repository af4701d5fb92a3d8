import { fileURLToPath } from 'node:url';
import { RemovalPolicy } from 'aws-cdk-lib';
import { type IRole, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, type NodejsFunctionProps, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import type { Settings } from './settings.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Packages whose files are found at run time by their place in `node_modules`: native binaries and WebAssembly. */
type Unbundled = 'sharp' | 'onnxruntime-node' | 'parquet-wasm' | '@duckdb/node-api';

export interface FunctionSource {
  /** Path of the module with the handler, from the repository's root. */
  readonly entry: string;
  readonly unbundled: readonly Unbundled[];
  /** Modules that the function starts as threads, from the repository's root; each becomes a file beside its own. */
  readonly threads?: readonly string[];
}

/** npm's way to be told for which machine to install: without it native packages would come for the one that deploys. */
const installedFor = {
  npm_config_os: 'linux',
  npm_config_cpu: 'arm64',
  npm_config_libc: 'glibc',
  // One would download libraries of CUDA, for this machine.
  npm_config_ignore_scripts: 'true',
};

/** A CommonJS package in an ES module looks for this. Under a name that no bundled module imports too. */
const banner = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/** A function on Graviton, its log kept as long as the settings say. */
export function makeFunction(
  scope: Construct,
  id: string,
  {
    settings,
    source,
    ...props
  }: NodejsFunctionProps & { readonly settings: Settings; readonly source: FunctionSource },
): NodejsFunction {
  const { entry, unbundled, threads = [] } = source;
  const logGroup = makeLogGroup(scope, `${id}Log`, settings);
  // Instead of the managed policy, which would let it write to every log there is.
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  logGroup.grantWrite(role);
  acknowledge(role, { 'AwsSolutions-IAM5[Resource::*]': 'X-Ray takes traces for no resource in particular.' });
  return new NodejsFunction(scope, id, {
    role,
    logGroup,
    entry: `${root}${entry}`,
    handler: 'handler',
    projectRoot: root,
    depsLockFilePath: `${root}package-lock.json`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    tracing: Tracing.ACTIVE,
    bundling: {
      format: OutputFormat.ESM,
      target: 'node24',
      // That of the lock, with which everything was tested, and not whatever Lambda has today.
      bundleAwsSDK: true,
      banner,
      nodeModules: [...unbundled],
      environment: { ...process.env, ...installedFor },
      commandHooks: {
        beforeBundling: () => [],
        beforeInstall: () => [],
        afterBundling: (_, output) => [
          ...threads.map((thread) => bundleThread(thread, unbundled, output)),
          ...(unbundled.includes('onnxruntime-node') ? [dropOtherBinaries(output)] : []),
        ],
      },
    },
    ...props,
  });
}

/** The role of a function that was made here. */
export function roleOf({ role }: NodejsFunction): IRole {
  if (role === undefined) throw new Error('the function has no role');
  return role;
}

export function makeLogGroup(scope: Construct, id: string, { logDays, production }: Settings): LogGroup {
  const retention: RetentionDays = logDays;
  return new LogGroup(scope, id, {
    retention,
    removalPolicy: production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}

function bundleThread(entry: string, unbundled: readonly Unbundled[], output: string): string {
  const name = entry.slice(entry.lastIndexOf('/') + 1).replace(/\.ts$/, '.mjs');
  const external = unbundled.map((name) => `--external:${name}`).join(' ');
  return `npx --no-install esbuild ${JSON.stringify(root + entry)} --bundle --platform=node --format=esm --target=node24 --banner:js=${JSON.stringify(banner)} ${external} --outfile=${JSON.stringify(`${output}/${name}`)} --log-level=warning`;
}

/** The runtime's package brings its binaries for five platforms, 290 MB, and a function may have 250 MB in all. */
function dropOtherBinaries(output: string): string {
  const script = `${root}lambdas/classify/image/keep-own-binaries.ts`;
  return `cd ${JSON.stringify(output)} && node ${JSON.stringify(script)} linux arm64`;
}
