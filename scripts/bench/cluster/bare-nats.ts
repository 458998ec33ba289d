import { connect } from '@nats-io/transport-node';

const everyMs = 1;
const subject = 'bench.bare';
const bytes = 8;

/**
 * What the machine and NATS take by themselves: a message is due every millisecond, sent through one connection and heard on another. Gives
 * a function that ends it and tells how late each message was, from the moment at which it was due.
 */
export async function startBareNats(url: string): Promise<() => Promise<readonly number[]>> {
  const [sender, receiver] = await Promise.all([connect({ servers: url }), connect({ servers: url })]);
  const latenciesMs: number[] = [];
  receiver.subscribe(subject, {
    callback: (error, { data }) => {
      if (error !== null) throw error;
      latenciesMs.push(performance.now() - new DataView(data.buffer, data.byteOffset).getFloat64(0));
    },
  });
  await receiver.flush();
  const beganMs = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (; beganMs + sent * everyMs <= performance.now(); sent++) {
      const stamp = new DataView(new ArrayBuffer(bytes));
      stamp.setFloat64(0, beganMs + sent * everyMs);
      sender.publish(subject, new Uint8Array(stamp.buffer));
    }
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await Promise.all([sender.close(), receiver.close()]);
    return latenciesMs;
  };
}
