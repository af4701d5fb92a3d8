import { type FaultPlan, listFaults, objectFaults } from './fault-plan.ts';
import { type ProxyAnswer, type ProxyRequest, withBody } from './forward.ts';

type Send = (request: ProxyRequest) => Promise<ProxyAnswer>;

/** Part of the token that follows a repeated page. */
const repeatMark = '.again';
const falseEtag = '"00000000000000000000000000000000"';

export interface S3RequestsOptions {
  /** Keys in a page of a listing. */
  readonly keysPerPage: number;
  /** Whether an object may be answered with a false ETag. */
  readonly mayHaveFalseEtag: (path: string) => boolean;
}

/** Faults of the requests of S3, with the bucket in the path. */
export class S3Requests {
  readonly #plan: FaultPlan;
  readonly #send: Send;
  readonly #options: S3RequestsOptions;
  /** The request that gave a continuation token, by that token. */
  readonly #pageBefore = new Map<string, string>();

  constructor(plan: FaultPlan, send: Send, options: S3RequestsOptions) {
    this.#plan = plan;
    this.#send = send;
    this.#options = options;
  }

  /** @returns with `cut`, only the first half of the body arrives */
  async answer(request: ProxyRequest): Promise<{ answer: ProxyAnswer; cut?: boolean }> {
    const { searchParams: query, pathname } = new URL(request.url, 'http://proxy');
    if (query.get('list-type') === '2') return { answer: await this.#list(request, pathname) };
    const answer = await this.#send(request);
    if (answer.status >= 300 || !['GET', 'PUT'].includes(request.method)) return { answer };
    const fault = this.#plan.choose(`object ${request.method} ${request.url}`, objectFaults);
    if (fault === 'cut body' && answer.body.byteLength > 1) {
      this.#plan.count(fault);
      return { answer, cut: true };
    }
    if (fault !== 'false ETag' || !this.#options.mayHaveFalseEtag(pathname)) return { answer };
    this.#plan.count(fault);
    return { answer: { ...answer, headers: { ...answer.headers, etag: falseEtag } } };
  }

  async #list(request: ProxyRequest, path: string): Promise<ProxyAnswer> {
    const url = new URL(request.url, 'http://proxy');
    url.searchParams.set('max-keys', String(this.#options.keysPerPage));
    const asked = url.searchParams.get('continuation-token') ?? undefined;
    const token = asked?.replace(repeatMark, '');
    if (token !== undefined) url.searchParams.set('continuation-token', token);
    const fault = this.#plan.choose(`list ${path} ${url.searchParams.get('prefix')}`, listFaults);
    const before = token === undefined ? undefined : this.#pageBefore.get(token);
    if (token !== undefined && asked === token && before !== undefined && fault === 'repeated page') {
      this.#plan.count(fault);
      const page = await this.#send({ ...request, url: before });
      // Another token than before: clients notice a listing that does not move on.
      return withBody(page, page.body.toString().replace(`>${token}<`, `>${token}${repeatMark}<`));
    }
    const page = await this.#page(request, url);
    const next = nextToken(page);
    if (fault !== 'skipped page' || next === undefined) return page;
    this.#plan.count(fault);
    url.searchParams.set('continuation-token', next);
    return this.#page(request, url);
  }

  async #page(request: ProxyRequest, url: URL): Promise<ProxyAnswer> {
    const asked = `${url.pathname}${url.search}`;
    const answer = await this.#send({ ...request, url: asked });
    const next = nextToken(answer);
    if (next !== undefined) this.#pageBefore.set(next, asked);
    return answer;
  }
}

function nextToken({ body }: ProxyAnswer): string | undefined {
  return /<NextContinuationToken>([^<]*)</.exec(body.toString())?.[1];
}

/** What an overloaded or broken S3 answers. */
export function s3Error(status: 500 | 503): ProxyAnswer {
  const code = status === 503 ? 'SlowDown' : 'InternalError';
  const empty = { status, headers: { 'content-type': 'application/xml' }, body: Buffer.of() };
  return withBody(empty, `<Error><Code>${code}</Code><Message>chaos</Message></Error>`);
}
