import type { NatsConnection, NodeConnectionOptions } from '@nats-io/transport-node';
import { connect, errors } from '@nats-io/transport-node';
import type { Failure } from '../../../actors/kernel/failure.js';
import { failure } from '../../../actors/kernel/failure.js';
import type { ProcessName } from '../../../actors/protocol/ids.js';
import type { Clock } from '../../ports/clock.js';
import { accessOptions, anonymousAccess, loginText, type NatsAccess } from './access.js';
import { describeError } from './describe-error.js';
import { greetingOf } from './greeting.js';
import type { NatsLinkEvents } from './nats-link.js';
import { NatsLink } from './nats-link.js';
import { refusal, silence } from './refusals.js';
import { unsuitableServer } from './server-requirements.js';
import { shownServers } from './server-url.js';
import { subjectNameFailure } from './subjects.js';

export interface NatsOptions extends NatsLinkEvents {
  /** URLs of servers of one NATS cluster, or of the one there is. */
  readonly servers: readonly string[];
  readonly cluster: string;
  readonly process: ProcessName;
  /** What the connection carries: `control`, `data`, `store`. The server lists it as `weir/<cluster>/<process>/<purpose>`. */
  readonly purpose: string;
  readonly access?: NatsAccess;
  readonly clock: Clock;
  /** How long to wait for the first connection. After that one the link never gives up. */
  readonly deadlineMs: number;
  /** Told why it is still waiting: at once, and again when the reason changes. */
  readonly onWaiting?: (text: string) => void;
}

export type NatsConnected =
  | { readonly ok: true; readonly link: NatsLink }
  | { readonly ok: false; readonly failure: Failure };

/** Longest that one server may take to answer one attempt. */
const dialTimeoutMs = 2_000;
const retryMs = 100;
/** A peer counts as gone only after this long without it, so it is short; the jitter spreads a cluster that reconnects at once. */
const reconnectWaitMs = 50;
const reconnectJitterMs = 20;
/** A line that is cut without a word is noticed after two unanswered pings. Failure detection does not wait for it. */
const pingEveryMs = 5_000;
const pingsUnansweredMax = 2;

/**
 * Connects to NATS, and waits for it until the deadline. Control, data and storage each take a connection of their own: a slow reader
 * of data must not silence heartbeats. Never rejects; fails with NATS_UNREACHABLE, NATS_DENIED, NATS_TLS_FAILED, NATS_LOGIN_INVALID,
 * NATS_OPTIONS_INVALID, NATS_UNSUITABLE or NAME_INVALID.
 */
export async function connectNats(options: NatsOptions): Promise<NatsConnected> {
  const { cluster, process, clock } = options;
  const badName = subjectNameFailure('cluster', cluster) ?? subjectNameFailure('process', process);
  if (badName !== null) return { ok: false, failure: badName };
  const access = openAccess(options);
  if ('failure' in access) return { ok: false, failure: access.failure };
  const untilMs = clock.monotonicMs() + options.deadlineMs;
  let told = '';
  for (;;) {
    const dialed = await dial(options, access.options, untilMs);
    if (dialed.ok) return welcome(dialed.connection, options);
    const leftMs = untilMs - clock.monotonicMs();
    if (dialed.hopeless !== null) return { ok: false, failure: dialed.hopeless };
    // The last attempt may have been cut short, and then knows less than those before it.
    if (leftMs <= 0) return { ok: false, failure: unreachable(options, told === '' ? dialed.reason : told) };
    if (dialed.reason !== told) {
      told = dialed.reason;
      const seconds = Math.ceil(leftMs / 1_000);
      options.onWaiting?.(`waiting for NATS at ${shown(options)} (${told}), for ${seconds} s more`);
    }
    await pause(clock, Math.min(retryMs, leftMs));
  }
}

async function welcome(connection: NatsConnection, options: NatsOptions): Promise<NatsConnected> {
  const unsuitable = unsuitableServer(connection.info, shown(options));
  if (unsuitable !== null) {
    await connection.close();
    return { ok: false, failure: unsuitable };
  }
  // The client forgets for good the servers that did not answer its first attempt; one of them may be the last alive later.
  if (options.servers.length > 1) connection.setServers([...options.servers]);
  return {
    ok: true,
    link: new NatsLink(connection, options.cluster, options.access?.inboxPrefix ?? undefined, options.clock, options),
  };
}

type Dialed =
  | { readonly ok: true; readonly connection: NatsConnection }
  | { readonly ok: false; readonly reason: string; readonly hopeless: Failure | null };

/** One attempt at every server. What is slower than the deadline is left behind, and closed when it comes after all. */
function dial(options: NatsOptions, access: Partial<NodeConnectionOptions>, untilMs: number): Promise<Dialed> {
  const { clock } = options;
  const leftMs = Math.max(1, Math.ceil(untilMs - clock.monotonicMs()));
  return new Promise((resolve) => {
    let open = true;
    const settle = (dialed: Dialed): void => {
      open = false;
      timer.cancel();
      resolve(dialed);
    };
    const timer = clock.setTimer(leftMs, () => settle({ ok: false, reason: 'no answer in time', hopeless: null }));
    connect(connectionOptions(options, access, Math.min(dialTimeoutMs, leftMs))).then(
      (connection) => {
        if (open) settle({ ok: true, connection });
        else closeLate(connection);
      },
      (error: unknown) => {
        refused(options, error).then(settle, (thrown: unknown) =>
          settle({ ok: false, reason: describeError(thrown), hopeless: null }),
        );
      },
    );
  });
}

async function refused(options: NatsOptions, error: unknown): Promise<Dialed> {
  const [where, access] = [shown(options), accessOf(options)];
  const hopeless = refusal(where, access, error);
  const [server] = options.servers;
  if (error instanceof errors.TimeoutError && server !== undefined) {
    const greeting = await greetingOf(server, options.clock, dialTimeoutMs);
    const why = greeting === null ? null : silence(where, access, greeting);
    if (typeof why === 'string') return { ok: false, reason: why, hopeless: null };
    if (why !== null) return { ok: false, reason: why.message, hopeless: why };
  }
  return { ok: false, reason: describeError(error), hopeless };
}

function closeLate(connection: NatsConnection): void {
  const ended = (): void => undefined;
  connection.close().then(ended, ended);
}

const accessOf = ({ access }: NatsOptions): NatsAccess => access ?? anonymousAccess;

type OpenAccess = { readonly options: Partial<NodeConnectionOptions> } | { readonly failure: Failure };

function openAccess(options: NatsOptions): OpenAccess {
  const access = accessOf(options);
  try {
    return { options: accessOptions(access, options.servers) };
  } catch (error) {
    const message = `NATS cannot be reached ${loginText(access.login)}: ${describeError(error)}. Give another file, or none.`;
    return { failure: failure('NATS_LOGIN_INVALID', 'user', message, 'never') };
  }
}

function connectionOptions(
  { servers, cluster, process, purpose }: NatsOptions,
  access: Partial<NodeConnectionOptions>,
  timeout: number,
) {
  return {
    ...access,
    servers: [...servers],
    name: `weir/${cluster}/${process}/${purpose}`,
    timeout,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectWaitMs,
    reconnectJitter: reconnectJitterMs,
    reconnectJitterTLS: reconnectJitterMs,
    pingInterval: pingEveryMs,
    maxPingOut: pingsUnansweredMax,
    // Credentials may be renewed on the server while processes run.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
  } satisfies NodeConnectionOptions;
}

function unreachable(options: NatsOptions, reason: string): Failure {
  const seconds = Math.round(options.deadlineMs / 100) / 10;
  const message =
    `No NATS server could be reached at ${shown(options)} within ${seconds} s: ${reason}. ` +
    'Start nats-server (weir nats install gets it), or set NATS_URL to one that runs.';
  return failure('NATS_UNREACHABLE', 'infrastructure', message);
}

const shown = ({ servers }: NatsOptions): string => shownServers(servers);

const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.setTimer(delayMs, resolve);
  });
