/** The fields of `package.json` that matter here. */
export interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/** The fields of `package-lock.json` (version 3) that matter here; all others are kept as they are. */
export interface PackageLock {
  /** By path, `''` the project itself. */
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/**
 * A project that needs some of another's dependencies, at the very versions that the other has locked.
 * @param names packages that it loads
 * @throws when one of them is no dependency of the project
 */
export function reducePackage(manifest: PackageManifest, lock: PackageLock, names: Iterable<string>) {
  const wanted = [...names].sort().map((name): [string, string] => {
    const range = manifest.dependencies[name];
    if (range === undefined) throw new Error(`${name} is loaded, but is no dependency in package.json`);
    return [name, range];
  });
  const own = {
    name: `${manifest.name}-worker`,
    version: manifest.version,
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(wanted),
  };
  const reached = new Set<string>();
  const visit = (from: string, names: Iterable<string>, optional: boolean) => {
    for (const name of names) {
      const path = resolve(from, name, lock);
      if (path === undefined && !optional)
        throw new Error(`${name}, needed by ${from || manifest.name}, is not locked`);
      if (path === undefined || reached.has(path)) continue;
      reached.add(path);
      const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = lock.packages[path] ?? {};
      visit(path, Object.keys(dependencies), false);
      // What was left out when the lock was made, for another platform or as unwanted, is left out here too.
      visit(path, Object.keys({ ...optionalDependencies, ...peerDependencies }), true);
    }
  };
  visit('', Object.keys(own.dependencies), false);
  const packages = Object.entries(lock.packages).filter(([path]) => reached.has(path));
  const { name, version } = own;
  return { manifest: own, lock: { ...lock, name, version, packages: { '': own, ...Object.fromEntries(packages) } } };
}

/** Where Node finds a package that another one asks for: in its own `node_modules` or in one above it. */
function resolve(from: string, name: string, { packages }: PackageLock): string | undefined {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (at === '') return undefined;
  }
}
