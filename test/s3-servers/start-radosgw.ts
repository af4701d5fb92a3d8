import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../support/listen.ts';
import { radosgwSettings } from './radosgw-settings.ts';
import type { StartedServer } from './s3-server.ts';
import { ServerProcesses } from './server-processes.ts';

export const radosgwPrograms = [
  'ceph',
  'ceph-mon',
  'ceph-osd',
  'radosgw',
  'radosgw-admin',
  'ceph-authtool',
  'monmaptool',
];

export const radosgwPackages = 'radosgw ceph-mon ceph-osd ceph-common';

const user = { accessKeyId: 'testing-key', secretAccessKey: 'testing-secret' };

/** Starts Ceph's object gateway on free ports, with a monitor and one disk in memory. */
export async function startRadosgw(): Promise<StartedServer> {
  const processes = new ServerProcesses();
  try {
    const { folder } = processes;
    const [monitorPort, gatewayPort] = [Number(await freePort()), Number(await freePort())];
    const settings = join(folder, 'ceph.conf');
    writeFileSync(settings, radosgwSettings(folder, { monitor: monitorPort, gateway: gatewayPort }));
    const ceph = (program: string, ...args: string[]) => processes.run(program, ['-c', settings, ...args]);
    const start = (program: string, ...args: string[]) => processes.start(program, ['-c', settings, '-f', ...args]);

    const map = join(folder, 'monmap');
    processes.run('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', `[v2:127.0.0.1:${monitorPort}]`, map]);
    mkdirSync(join(folder, 'mon'));
    ceph('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map);
    start('ceph-mon', '-i', 'a');
    await processes.waitForPort(monitorPort);

    mkdirSync(join(folder, 'osd'));
    ceph('ceph', 'osd', 'new', fsid);
    ceph('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', fsid);
    start('ceph-osd', '-i', '0');
    start('radosgw', '-n', 'client.admin');
    await processes.waitForPort(gatewayPort);
    ceph(
      'radosgw-admin',
      'user',
      'create',
      '--uid',
      'test',
      '--display-name',
      'test',
      '--access-key',
      user.accessKeyId,
      '--secret-key',
      user.secretAccessKey,
    );
    const endpoint = `http://127.0.0.1:${gatewayPort}`;
    return { server: { name: 'Ceph', endpoint, region: 'us-east-1', ...user }, stop: () => processes.stop() };
  } catch (error) {
    await processes.stop();
    throw error;
  }
}

/** Any name of the cluster and its disk. */
const fsid = '5b1c0f3e-6d0c-4f0a-9d43-0c2b7d6f1a11';
