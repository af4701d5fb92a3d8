const startOfScan = Buffer.from([0xff, 0xda]);
const [scan, end] = [0xda, 0xd9];

/** More scans are not counted: a file may consist of their markers. */
const maxScans = 2 ** 16;
/** Scans of files that programs write. */
const usualScans = 64;

/** Scans of a JPEG up to its end marker; files are searched for them byte by byte only if they may have unusually many. */
export function scansOfJpeg(bytes: Buffer): number {
  const markers = scanMarkers(bytes);
  if (markers <= usualScans) return markers;
  let count = 0;
  for (let at = nextMarker(bytes, 2); at + 4 <= bytes.length && bytes[at + 1] !== end; ) {
    if (bytes[at + 1] === scan) count += 1;
    if (count === maxScans) break;
    at = nextMarker(bytes, at + 2 + bytes.readUInt16BE(at + 2));
  }
  return count;
}

/** Everything that looks like the start of a scan. */
export function scanMarkers(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(startOfScan); at >= 0 && count < maxScans; at = bytes.indexOf(startOfScan, at + 2)) {
    count += 1;
  }
  return count;
}

/** Offset of the next marker that starts a segment (ITU-T T.81, B.1.1); the length of the file without one. */
function nextMarker(bytes: Buffer, start: number): number {
  for (let at = start; at + 1 < bytes.length; at += 1) {
    if (bytes[at] !== 0xff) continue;
    const code = bytes[at + 1] ?? 0;
    const isAlone = code <= 1 || (code >= 0xd0 && code <= 0xd7) || code === 0xff;
    if (!isAlone) return at;
  }
  return bytes.length;
}
