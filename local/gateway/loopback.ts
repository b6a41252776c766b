import net from 'node:net';

const LOOPBACK = '127.0.0.1';

/**
 * Runs `start` so that every TCP server opened meanwhile listens on the loopback interface, whatever host it names:
 * fauxqs has no option for its interface and would offer all queues and objects to the network without a password.
 */
export async function onLoopback<T>(start: () => Promise<T>): Promise<T> {
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function listenOnLoopback(this: net.Server, ...args: unknown[]) {
    return Reflect.apply(listen, this, withHost(args));
  };
  try {
    return await start();
  } finally {
    net.Server.prototype.listen = listen;
  }
}

/** `listen({port, …}, callback)` and `listen(port, host?, backlog?, callback?)`; Unix sockets and handles stay as they are. */
function withHost(args: unknown[]): unknown[] {
  const [first, ...rest] = args;
  if (typeof first === 'number') {
    return [{ port: first, host: LOOPBACK }, ...rest.filter((argument) => typeof argument === 'function')];
  }
  const isTcp = typeof first === 'object' && first !== null && 'port' in first;
  return isTcp ? [{ ...first, host: LOOPBACK }, ...rest] : args;
}
