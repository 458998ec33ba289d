import { createConnection } from 'node:net';
import type { ServerInfo } from '@nats-io/transport-node';
import type { Clock } from '../../ports/clock.js';
import { parseServerUrl } from './server-url.js';

/** What a server says of itself before anybody has said who they are. */
export type Greeting = Partial<Pick<ServerInfo, 'auth_required' | 'tls_required' | 'tls_verify'>>;

const greetingBytesMax = 65_536;

/** The greeting of a server; null when it gives none in time. Never rejects. */
export function greetingOf(server: string, clock: Clock, deadlineMs: number): Promise<Greeting | null> {
  return new Promise((resolve) => {
    const place = parseServerUrl(server);
    if (place === null) return resolve(null);
    let text = '';
    const socket = createConnection({ host: place.host, port: place.port });
    const settle = (greeting: Greeting | null): void => {
      timer.cancel();
      socket.destroy();
      resolve(greeting);
    };
    const timer = clock.setTimer(deadlineMs, () => settle(null));
    socket.setEncoding('utf8');
    socket.on('error', () => settle(null));
    socket.on('close', () => settle(null));
    socket.on('data', (more: string) => {
      text += more;
      if (text.includes('\n') || text.length > greetingBytesMax) settle(parsed(text));
    });
  });
}

/** Null for what is no greeting of a NATS server. */
function parsed(text: string): Greeting | null {
  const [, json] = /^INFO ({.*})/.exec(text) ?? [];
  if (json === undefined) return null;
  try {
    const greeting: unknown = JSON.parse(json);
    return typeof greeting === 'object' ? greeting : null;
  } catch {
    return null; // Something else listens there.
  }
}
