/** The configuration of a Ceph cluster with one monitor, one disk in memory and one gateway, without authentication inside. */
export function radosgwSettings(folder: string, ports: { readonly monitor: number; readonly gateway: number }): string {
  return `[global]
fsid = 5b1c0f3e-6d0c-4f0a-9d43-0c2b7d6f1a11
mon host = [v2:127.0.0.1:${ports.monitor}]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${folder}
admin socket = ${folder}/$name.$pid.asok
log file = ${folder}/$name.log
crash dir = ${folder}
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
ms bind msgr1 = false
# Without authentication a connection to the monitor has no key to encrypt with.
ms mon client mode = crc

[mon]
mon data = ${folder}/mon
mon data avail crit = 0

[osd]
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824

[client]
rgw frontends = beast endpoint=127.0.0.1:${ports.gateway}
rgw data = ${folder}/gateway
rgw thread pool size = 32
# Small pages, so that few objects make several.
rgw max listing results = 50
`;
}
