import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';

// Calls a function's entry point as Lambda does, in a process with its environment: the module and the event come in,
// the answer goes out on a line of its own after all that the function itself printed.
const [module = ''] = process.argv.slice(2);
const { handler } = await import(pathToFileURL(module).href);
const context = { awsRequestId: 'request-1', functionName: 'function' };
const answer = await handler(JSON.parse(await text(process.stdin)), context);
console.log(`\nANSWER ${JSON.stringify(answer)}`);
