import { firstIssue } from '../../failures/first-issue.ts';

/** The start of the runtime's messages: the source file with its line, the function, the condition. */
const preamble = /^(?:\/\S+\.(?:cc|h):\d+ .*? was false\.|\S+\.(?:cc|h):\d+ \S+|OrtSessionOptionsAppend\w+:) */;

/** The runtime's reason in one line, without its source location. */
export function runtimeReason(error: unknown): string {
  const reason = firstIssue(error).replace(preamble, '').trim();
  return reason === missingLibrary ? "onnxruntime-node does not include NVIDIA's libraries" : reason;
}

/** The runtime's whole message for CUDA and TensorRT if the libraries that its install script downloads are missing. */
const missingLibrary = 'Failed to load shared library';
