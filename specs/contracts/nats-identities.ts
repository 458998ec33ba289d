import { createHash } from 'node:crypto';
import { nkeys } from '@nats-io/transport-node';

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** An operator of a test with accounts of its own, as `nsc` would make it. */
export interface Identities {
  /** What the server is configured with. */
  readonly configuration: string;
  /** Text of a credentials file for a user of the account. */
  creds(account: string): string;
  jwt(account: string): { readonly jwt: string; readonly seed: string };
}

const unlimited = -1;
const accountLimits = {
  subs: unlimited,
  data: unlimited,
  payload: unlimited,
  imports: unlimited,
  exports: unlimited,
  wildcards: true,
  conn: unlimited,
  leaf: unlimited,
  mem_storage: unlimited,
  disk_storage: unlimited,
  streams: unlimited,
  consumer: unlimited,
};

/** JetStream needs a system account, which is made too. */
export function identities(accounts: readonly string[]): Identities {
  const operator = nkeys.createOperator();
  const keys = new Map(['SYS', ...accounts].map((name) => [name, nkeys.createAccount()]));
  const preloaded = [...keys].map(([name, key]) => {
    const limits = name === 'SYS' ? { ...accountLimits, mem_storage: 0, disk_storage: 0 } : accountLimits;
    const jwt = signed(operator, key.getPublicKey(), name, { type: 'account', version: 2, limits });
    return `${key.getPublicKey()}: ${jwt}`;
  });
  const system = keyOf(keys, 'SYS').getPublicKey();
  const operatorClaims = { type: 'operator', version: 2, system_account: system };
  const user = (account: string): { readonly jwt: string; readonly seed: string } => {
    const key = nkeys.createUser();
    const limits = { subs: unlimited, data: unlimited, payload: unlimited };
    const claims = { type: 'user', version: 2, pub: {}, sub: {}, ...limits };
    return {
      jwt: signed(keyOf(keys, account), key.getPublicKey(), 'weir', claims),
      seed: new TextDecoder().decode(key.getSeed()),
    };
  };
  return {
    configuration: [
      `operator: ${signed(operator, operator.getPublicKey(), 'spec', operatorClaims)}`,
      `system_account: ${system}`,
      'resolver: MEMORY',
      `resolver_preload: { ${preloaded.join(', ')} }`,
    ].join('\n'),
    jwt: user,
    creds(account) {
      const { jwt, seed } = user(account);
      return credsText(jwt, seed);
    },
  };
}

function keyOf(keys: ReadonlyMap<string, KeyPair>, name: string): KeyPair {
  const key = keys.get(name);
  if (key === undefined) throw new Error(`there is no account ${name}`);
  return key;
}

/** A JWT as NATS has them: signed with an nkey. */
function signed(issuer: KeyPair, subject: string, name: string, nats: Readonly<Record<string, unknown>>): string {
  const claims = { iat: Math.floor(Date.now() / 1_000), iss: issuer.getPublicKey(), name, sub: subject, nats };
  const jti = createHash('sha256').update(JSON.stringify(claims)).digest('hex');
  const body = `${base64({ typ: 'JWT', alg: 'ed25519-nkey' })}.${base64({ ...claims, jti })}`;
  return `${body}.${Buffer.from(issuer.sign(new TextEncoder().encode(body))).toString('base64url')}`;
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const credsText = (jwt: string, seed: string): string => `-----BEGIN NATS USER JWT-----
${jwt}
------END NATS USER JWT------

-----BEGIN USER NKEY SEED-----
${seed}
------END USER NKEY SEED------
`;
