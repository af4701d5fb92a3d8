import type { OutgoingHttpHeaders } from 'node:http';
import type { Principal } from './iam/authorizer.ts';
import type { Access } from './iam/request-to-action.ts';

/** An HTTP answer. */
export interface Answer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Buffer;
}

/** The answer of a service to a request that no policy allows. */
export function accessDenied(service: string, method: string, principal: Principal, access: Access): Answer {
  const { action, resource } = access;
  const message = `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  if (service === 's3') return s3Error(403, 'AccessDenied', message, method);
  if (service === 'sqs') {
    const headers = { 'x-amzn-query-error': 'AccessDenied;Sender' };
    return jsonAnswer(400, { __type: 'com.amazon.coral.service#AccessDeniedException', message }, headers);
  }
  return jsonAnswer(400, { __type: 'AccessDeniedException', message });
}

export function s3Error(status: number, code: string, message: string, method: string): Answer {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${xmlText(message)}</Message></Error>`;
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: Buffer.from(method === 'HEAD' ? '' : xml),
  };
}

export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/x-amz-json-1.1', ...headers },
    body: Buffer.from(JSON.stringify(value)),
  };
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
