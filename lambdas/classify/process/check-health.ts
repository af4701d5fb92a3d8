// Health check command of the container engine: the images have no curl.
const { HEALTH_PORT: port = '0' } = process.env;
const { ok, text } = port === '0' ? { ok: true, text: 'no health endpoint: HEALTH_PORT is 0' } : await check();
console.log(text.trimEnd());
process.exitCode = ok ? 0 : 1;

function check(): Promise<{ ok: boolean; text: string }> {
  return fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(4_000) }).then(
    async (response) => ({ ok: response.ok, text: await response.text() }),
    (error: unknown) => ({ ok: false, text: `no answer on port ${port}: ${error}` }),
  );
}

export {};
