import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FunctionArchitecture } from '../../../infra/packing/pack-function.ts';
import { runNpm } from '../../../infra/packing/run-npm.ts';
import { names } from './architectures.ts';
import { runTool } from './run-tool.ts';

const project = fileURLToPath(new URL('client', import.meta.url));

/**
 * Installs AWS's runtime interface client and Node for an architecture, and compiles the client's native part with its own
 * script. npm would do that for this machine only, and with headers that it downloads.
 * @param folder output
 * @returns the files of the runtime, by their path in a Lambda environment
 */
export function buildRuntimeClient(architecture: FunctionArchitecture, folder: string): Record<string, string> {
  const { node, compiler } = names[architecture];
  mkdirSync(folder, { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(project, file), join(folder, file));
  runNpm(folder, ['ci'], { npm_config_os: 'linux', npm_config_cpu: node, npm_config_libc: 'glibc' });

  const packages = join(folder, 'node_modules');
  const client = join(packages, 'aws-lambda-ric');
  const artifacts = join(client, 'deps/artifacts');
  const addon = join(client, 'rapid-client.node');
  const [cc, cxx] = [`${compiler}-gcc`, `${compiler}-g++`];
  // `host_alias` makes curl's `configure` build for another machine.
  const compilers = { CC: cc, CXX: cxx, host_alias: compiler };
  runTool('sh', ['scripts/preinstall.sh'], { cwd: client, environment: compilers });
  const includes = [join(packages, `node-linux-${node}/include/node`), join(packages, 'node-addon-api')];
  runTool(
    cxx,
    [
      ...['-shared', '-fPIC', '-O2', '-std=c++20', '-pthread', '-DNAPI_CPP_EXCEPTIONS'],
      ...['-DNODE_GYP_MODULE_NAME=rapid_client', '-DBUILDING_NODE_EXTENSION'],
      ...[...includes, join(artifacts, 'include')].flatMap((path) => ['-I', path]),
      join(client, 'src/native/rapid-client.cc'),
      ...['libaws-lambda-runtime.a', 'libcurl.a'].map((library) => join(artifacts, 'lib', library)),
      ...['-o', addon],
    ],
    { cwd: client },
  );
  return {
    'var/lang/bin/node': join(packages, `node-linux-${node}/bin/node`),
    'var/runtime/index.mjs': join(client, 'index.mjs'),
    'var/runtime/rapid-client.node': addon,
  };
}
