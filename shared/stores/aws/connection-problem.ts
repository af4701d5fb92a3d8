/** Codes of Node for a certificate that it does not trust. */
const certificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/;

/**
 * Why a service cannot be reached, and what to do about it, as the rest of a sentence about its address.
 * @param service the address, or `AWS`
 * @param code of Node's network error, such as `ECONNREFUSED`
 */
export function connectionProblem(service: string, code: string): string {
  const other = otherScheme(service);
  if (certificate.test(code)) {
    return `has a certificate that is not trusted (${code}): name its authority with NODE_EXTRA_CA_CERTS=<file.pem>`;
  }
  if (other?.startsWith('http:') && /^(EPROTO|ERR_SSL_)/.test(code)) {
    return `does not speak TLS (${code}): give ${other}`;
  }
  if (code === 'ECONNRESET') {
    const hint = other?.startsWith('https:') ? `: if it expects TLS, give ${other}` : '';
    return `closed the connection${hint}`;
  }
  if (code === 'ECONNREFUSED') return `cannot be reached (${code}): check the address, and that it is running`;
  if (code === 'ENOTFOUND') return `cannot be reached (${code}): check the address and the network`;
  return `cannot be reached (${code})`;
}

function otherScheme(service: string): string | undefined {
  const [, scheme, rest] = /^(https?):(.*)$/.exec(service) ?? [];
  return rest === undefined ? undefined : `${scheme === 'http' ? 'https' : 'http'}:${rest}`;
}
