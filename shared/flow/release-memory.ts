/**
 * Frees the memory of bytes that nobody reads anymore, if they are a whole buffer: the view is empty afterwards. V8 would free
 * it at a garbage collection, which large buffers alone rarely cause: hundreds of megabytes of them would wait.
 */
export function releaseMemory({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && !buffer.detached && byteLength === buffer.byteLength) buffer.transfer(0);
}
