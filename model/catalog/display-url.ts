/** An address without user name, password and query, which can contain keys. Any other text is returned as it is. */
export function displayUrl(text: string): string {
  const url = URL.parse(text);
  return url === null || !/^https?:$/.test(url.protocol) ? text : `${url.origin}${url.pathname}`;
}
