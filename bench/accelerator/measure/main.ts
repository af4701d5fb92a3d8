import { measureProvider } from './measure-provider.ts';
import { requestSchema } from './messages.ts';

// A process of its own for each network and provider: a provider that crashes or hangs ends with it, and its memory is measured alone.
process.once('message', async (message: unknown) => {
  await measureProvider(requestSchema.parse(message), (finding) => process.send?.(finding));
  process.disconnect();
});
