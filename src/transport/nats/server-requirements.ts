import type { ServerInfo } from '@nats-io/transport-node';
import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';

/** The oldest line that every call is tried against. Nothing newer is used, so newer servers need no cases of their own. */
const oldest = { major: 2, minor: 9 } as const;
/** The largest frame of the data plane, and room for its subject. */
const payloadBytesMin = 524_288;

/** Null when the server has what the engine needs. It is asked itself: the client accepts options that an old server ignores. */
export function unsuitableServer(info: ServerInfo | undefined, where: string): Failure | null {
  if (info === undefined) return null;
  const wrong = wrongWith(info);
  if (wrong === null) return null;
  return failure('NATS_UNSUITABLE', 'infrastructure', `The NATS server at ${where} cannot be used: ${wrong}`, 'never');
}

function wrongWith({ version, headers, max_payload: payloadBytesMax }: ServerInfo): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < oldest.major || (major === oldest.major && minor < oldest.minor)) {
    return `it is version ${version}. Use ${oldest.major}.${oldest.minor} or newer.`;
  }
  // Without headers a request that nobody listens to is not answered, and a process that is gone looks like a slow one.
  if (headers !== true) return 'it has headers switched off. Remove no_header_support from its configuration.';
  if (payloadBytesMax < payloadBytesMin) {
    return `its max_payload is ${payloadBytesMax} bytes. Set it to ${payloadBytesMin} or more; its default is 1048576.`;
  }
  return null;
}
