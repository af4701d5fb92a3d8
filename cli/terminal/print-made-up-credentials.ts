/** Says on stderr that the service cannot check who sends the requests. */
export function printMadeUpCredentials(endpoint: string): void {
  console.error(`no AWS credentials found: requests to ${endpoint} are signed with made-up ones`);
}
