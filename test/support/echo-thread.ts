import { type Handlers, serveRequests } from '../../shared/inference/serve-requests.ts';

const handlers = {
  echo: async (text: string) => text,
  length: async ({ byteLength }: ArrayBuffer) => byteLength,
  fail: async (message: string) => {
    throw new Error(message);
  },
  exit: async (code: number) => process.exit(code),
} satisfies Handlers;

export type EchoHandlers = typeof handlers;

serveRequests(handlers);
