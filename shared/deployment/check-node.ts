/** An older Node would fail later, with an error that names a missing function. @throws {Error} before Node 24 */
export function checkNode(version: string = process.versions.node): void {
  if (Number.parseInt(version, 10) >= 24) return;
  throw new Error(
    `inception-batch needs Node 24 or later, but this is Node ${version}: install it from https://nodejs.org`,
  );
}
