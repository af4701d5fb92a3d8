// Whether the worker in this container is healthy, for the container engine: the images have no curl to ask with.
const { HEALTH_PORT = '8080' } = process.env;
const answer = await fetch(`http://127.0.0.1:${HEALTH_PORT}/health`, { signal: AbortSignal.timeout(4_000) }).then(
  async (response) => ({ ok: response.ok, text: await response.text() }),
  (error: unknown) => ({ ok: false, text: `no answer on port ${HEALTH_PORT}: ${error}` }),
);
console.log(answer.text.trimEnd());
process.exitCode = answer.ok ? 0 : 1;
