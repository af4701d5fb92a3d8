import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/listen.ts';
import type { StartedServer } from './s3-server.ts';
import { ServerProcesses } from './server-processes.ts';
import { type SwiftPorts, swiftSettings, swiftUser } from './swift-settings.ts';

/** What a test server needs, in Debian's packages of the same names but for `swift-ring-builder`, which is in `swift`. */
export const swiftPrograms = [
  'swift-proxy-server',
  'swift-account-server',
  'swift-container-server',
  'swift-object-server',
  'swift-ring-builder',
  'memcached',
];

export const swiftPackages = 'swift-proxy swift-account swift-container swift-object memcached';

/** Starts OpenStack Swift with its S3 interface on free ports, with an empty folder as its disk. */
export async function startSwift(): Promise<StartedServer> {
  const processes = new ServerProcesses();
  try {
    const { folder } = processes;
    const ports = await swiftPorts();
    const user = userInfo().username;
    mkdirSync(join(folder, 'disks/d1'), { recursive: true });
    for (const [name, text] of Object.entries(swiftSettings(folder, ports, user))) {
      writeFileSync(join(folder, name), text);
    }
    processes.start('memcached', ['-l', '127.0.0.1', '-p', String(ports.memcached), '-u', user]);
    for (const kind of ['account', 'container', 'object'] as const) {
      const builder = join(folder, `${kind}.builder`);
      processes.run('swift-ring-builder', [builder, 'create', '2', '1', '1']);
      processes.run('swift-ring-builder', [builder, 'add', `r1z1-127.0.0.1:${ports[kind]}/d1`, '1']);
      processes.run('swift-ring-builder', [builder, 'rebalance']);
    }
    for (const kind of ['account', 'container', 'object', 'proxy'] as const) {
      processes.start(`swift-${kind}-server`, [join(folder, `${kind}-server.conf`), '--verbose']);
    }
    await Promise.all(Object.values(ports).map((port) => processes.waitForPort(port)));
    const endpoint = `http://127.0.0.1:${ports.proxy}`;
    return {
      server: { name: 'OpenStack Swift', endpoint, region: 'us-east-1', ...swiftUser },
      stop: () => processes.stop(),
    };
  } catch (error) {
    await processes.stop();
    throw error;
  }
}

async function swiftPorts(): Promise<SwiftPorts> {
  const port = async () => Number(await freePort());
  return {
    proxy: await port(),
    account: await port(),
    container: await port(),
    object: await port(),
    memcached: await port(),
  };
}
