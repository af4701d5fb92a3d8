/**
 * Why downloads failed, each reason once with all its hosts.
 * @param failures each is `host: reason`; one without a host stays as it is
 * @example summarizeFailures(['a.org: getaddrinfo ENOTFOUND a.org', 'b.org: getaddrinfo ENOTFOUND b.org'])
 * // 'a.org and b.org: getaddrinfo ENOTFOUND'
 */
export function summarizeFailures(failures: readonly string[]): string {
  const hosts = new Map<string, Set<string>>();
  for (const failure of failures) {
    const [, host, text = failure] = /^(\S+): (.*)$/s.exec(failure) ?? [];
    const reason = host === undefined ? text : withoutHost(text, host);
    const known = hosts.get(reason) ?? new Set();
    hosts.set(reason, host === undefined ? known : known.add(host));
  }
  return Array.from(hosts, ([reason, names]) =>
    names.size === 0 ? reason : `${[...names].join(' and ')}: ${reason}`,
  ).join('; ');
}

/** The errors of Node end with the host, or its name without the port. */
function withoutHost(reason: string, host: string): string {
  const ending = [host, host.replace(/:\d+$/, '')].find((name) => reason.endsWith(` ${name}`));
  return ending === undefined ? reason : reason.slice(0, -ending.length - 1);
}
