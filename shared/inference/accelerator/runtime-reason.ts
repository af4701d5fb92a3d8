import { firstIssue } from '../../failures/first-issue.ts';

/** What the runtime says before it comes to the point: the source file with its line, the function, the condition. */
const preamble = /^(?:\/\S+\.(?:cc|h):\d+ .*? was false\.|\S+\.(?:cc|h):\d+ \S+|OrtSessionOptionsAppend\w+:) */;

/** Why the runtime refused something, in one line without where in its source that was. */
export function runtimeReason(error: unknown): string {
  const reason = firstIssue(error).replace(preamble, '').trim();
  return reason === noLibrary ? `${reason}: onnxruntime-node comes without those of NVIDIA` : reason;
}

/** All that is said of CUDA and TensorRT where the libraries are missing that a script would download. */
const noLibrary = 'Failed to load shared library';
