import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { Failure } from '../../failures/failure.ts';

/** Starts a process that decodes. @throws {Failure} `internal` if the system starts none */
export function startDecoder(): ChildProcess {
  const program = new URL(`./decoder-program${extname(import.meta.url)}`, import.meta.url);
  try {
    return fork(program, {
      stdio: ['pipe', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      execArgv: [],
      env: decoderEnvironment(process.env),
    });
  } catch (cause) {
    throw startFailure(cause);
  }
}

export function startFailure(cause: unknown): Failure {
  return new Failure('internal', `no process to decode in: ${cause}`, { cause });
}

/** What a program needs to start: where programs, libraries and temporary files are, languages and the time zone. */
const passedOn =
  /^(?:PATH|LD_LIBRARY_PATH|LD_PRELOAD|DYLD_LIBRARY_PATH|SystemRoot|TMPDIR|TEMP|TMP|LANG|LC_[A-Z]+|TZ)$/i;

/** A decoder of untrusted bytes gets no variables with credentials, and no options that are meant for this process. */
function decoderEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => passedOn.test(name));
  return { ...Object.fromEntries(kept), MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '2' };
}
