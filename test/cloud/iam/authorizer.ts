import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Grant, Policies, Statement } from './policies.ts';
import type { Access } from './request-to-action.ts';

/** Who makes a request: a role of the template, someone with policies of their own, or an AWS service. */
export interface Principal {
  /** As in the error message of AWS: an assumed role's ARN, or a service's name. */
  readonly arn: string;
  /** Logical id of its role; undefined for others. */
  readonly role?: string;
  /** Policies of a principal that the template does not contain. */
  readonly statements?: readonly Statement[];
  /** Condition keys that AWS adds about the principal, such as `aws:SourceArn`. */
  readonly context?: Readonly<Record<string, string>>;
}

/** An access that was refused. */
export interface Denial {
  readonly principal: string;
  readonly role: string | undefined;
  readonly action: string;
  readonly resource: string;
}

const everything = {
  orgIdentifier: 'root',
  policies: [
    {
      name: 'everything',
      policy: policyOf([{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }]),
    },
  ],
};

/** Decides about every access from the policies of the template, and remembers which grants were used and what was refused. */
export class Authorizer {
  readonly #policies: Policies;
  readonly #account: string;
  readonly #used = new Set<string>();
  readonly #counts = new Map<string, number>();
  #denials: Denial[] = [];
  #removed: string | undefined;

  constructor(policies: Policies, account: string) {
    this.#policies = policies;
    this.#account = account;
  }

  get grants(): readonly Grant[] {
    return this.#policies.grants;
  }

  /** Names of the grants that allowed something. */
  get used(): ReadonlySet<string> {
    return this.#used;
  }

  /** How often an action was allowed to anyone. */
  countOf(action: string): number {
    return this.#counts.get(action) ?? 0;
  }

  get denials(): readonly Denial[] {
    return this.#denials;
  }

  /** From now on decides as if the template did not contain this grant, and forgets what was refused. */
  remove(grant: string | undefined): void {
    this.#removed = grant;
    this.#denials = [];
  }

  async isAllowed(principal: Principal, access: Access): Promise<boolean> {
    const { action, resource, context = {} } = access;
    const result = await runSimulation(
      {
        request: {
          principal: principal.arn,
          action,
          resource: { resource, accountId: this.#account },
          contextVariables: simulated({ 'aws:SecureTransport': 'true', ...principal.context, ...context }),
        },
        identityPolicies: this.#identityPolicies(principal),
        serviceControlPolicies: [everything],
        resourceControlPolicies: [],
        ...this.#resourcePolicy(resource),
      },
      {},
    );
    // The simulation knows every action and condition key of AWS: a misspelt one is an error in the template.
    if (result.resultType === 'error') throw new Error(`${action} on ${resource}: ${JSON.stringify(result.errors)}`);
    const results = result.resultType === 'single' ? [result.result] : result.results;
    for (const { policyId } of results.flatMap(({ analysis }) => analysis.identityAnalysis?.allowStatements ?? [])) {
      this.#used.add(policyId);
    }
    if (result.overallResult === 'Allowed') {
      this.#counts.set(action, this.countOf(action) + 1);
      return true;
    }
    this.#denials.push({ principal: principal.arn, role: principal.role, action, resource });
    return false;
  }

  #identityPolicies({ role, statements }: Principal) {
    const { grants, denials } = this.#policies;
    const granted = grants
      .filter((grant) => grant.role === role && grant.name !== this.#removed)
      .map(({ name, action, resource, condition }) => ({
        name,
        policy: policyOf([{ Effect: 'Allow', Action: [action], Resource: [resource], Condition: condition }]),
      }));
    const unnamed = [...(statements ?? []), ...((role && denials.get(role)) || [])];
    return [...granted, ...(unnamed.length === 0 ? [] : [{ name: 'other statements', policy: policyOf(unnamed) }])];
  }

  #resourcePolicy(resource: string) {
    const owner = resource.startsWith('arn:aws:s3:::') ? (resource.split('/')[0] ?? '') : resource;
    const statements = this.#policies.ofResources.get(owner);
    return statements === undefined ? {} : { resourcePolicy: policyOf(statements) };
  }
}

function policyOf(statements: readonly Statement[]): unknown {
  return simulated({ Version: '2012-10-17', Statement: statements });
}

/** The simulation knows keys that contain a name only as their documentation spells them, and would ignore the others. */
function simulated<T>(value: T): T {
  const text = JSON.stringify(value);
  return JSON.parse(
    text.replaceAll('"kms:EncryptionContext:aws:s3:arn"', `"kms:EncryptionContext:\${EncryptionContextKey}"`),
  );
}
