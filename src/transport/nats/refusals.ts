import { errors } from '@nats-io/transport-node';
import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import { loginText, type NatsAccess } from './access.js';
import { describeError } from './describe-error.js';
import type { Greeting } from './greeting.js';

/** Codes with which TLS refuses the server's certificate because nobody whom we trust has signed it. */
const untrusted: ReadonlySet<string> = new Set([
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
]);

/** Why trying again is of no use: who we are, how the line is protected or what we were told is wrong. Null for all else. */
export function refusal(where: string, access: NatsAccess, error: unknown): Failure | null {
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError) {
    return failure('NATS_DENIED', 'infrastructure', denied(where, access, error), 'never');
  }
  const tls = tlsProblem(access, error);
  if (tls !== null) {
    return failure('NATS_TLS_FAILED', 'infrastructure', `There is no TLS with NATS at ${where}: ${tls}`, 'never');
  }
  if (error instanceof errors.InvalidArgumentError || error instanceof TypeError) {
    const message = `NATS cannot be reached with these options (servers ${where}): ${error.message}. A server is written nats://host:4222.`;
    return failure('NATS_OPTIONS_INVALID', 'user', message, 'never');
  }
  return null;
}

/**
 * A server that wants a certificate of its clients closes the line without a word that the client would pass on. What it has greeted
 * us with tells: the value is why there was no answer, or why there will never be one.
 */
export function silence(where: string, { tls }: NatsAccess, { tls_verify }: Greeting): string | Failure | null {
  if (tls_verify !== true) return null;
  if (tls?.certFile != null)
    return `no answer; perhaps it does not trust the certificate of this process, ${tls.certFile}`;
  const message = `There is no TLS with NATS at ${where}: it wants a certificate of this process. Give one with --tlscert and --tlskey.`;
  return failure('NATS_TLS_FAILED', 'infrastructure', message, 'never');
}

function denied(where: string, { login }: NatsAccess, error: Error): string {
  const advice =
    login.kind === 'anonymous'
      ? 'Say who it is: --user and --password, --token, --creds or --nkey, or a context of the nats command with --context.'
      : 'Check its user, token or credentials.';
  return `NATS at ${where} does not let this process in ${loginText(login)}: ${error.message}. ${advice}`;
}

function tlsProblem({ tls }: NatsAccess, error: unknown): string | null {
  const codes = codesOf(error);
  const text = describeError(error);
  if (codes.some((code) => untrusted.has(code))) {
    const advice =
      tls?.caFile == null
        ? 'Name the file of its certificate authority with --tlsca.'
        : `${tls.caFile} is not the certificate authority that signed it; give the right one with --tlsca.`;
    return `its certificate is not trusted (${text}). ${advice}`;
  }
  if (codes.includes('ERR_TLS_CERT_ALTNAME_INVALID')) {
    return `its certificate is for another name (${text}). Use a URL with a name that it has, or give the server a certificate for this one.`;
  }
  if (codes.includes('CERT_HAS_EXPIRED') || codes.includes('CERT_NOT_YET_VALID')) {
    return `its certificate is not valid today (${text}). Renew it, or set the clock of this machine.`;
  }
  if (codes.includes('ERR_SSL_WRONG_VERSION_NUMBER') && tls?.first === true) {
    return 'it greets before it shakes hands. Leave out --tlsfirst, or set handshake_first in its configuration.';
  }
  const opensslCode = codes.find((code) => /^ERR_(OSSL|SSL|TLS)_/.test(code));
  if (opensslCode !== undefined) {
    return `${opensslCode}. Check the files given with --tlscert, --tlskey and --tlsca, and whether the server wants --tlsfirst.`;
  }
  if (error instanceof errors.ConnectionError && error.message.includes("support 'tls'")) {
    return 'it has none, and was asked for it. Give it a certificate, or write nats:// in place of tls:// and leave out --tlscert, --tlskey, --tlsca and --tlsfirst.';
  }
  return null;
}

/** Of the error and of what it wraps. */
function codesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  return [...own, ...codesOf(error.cause)];
}
