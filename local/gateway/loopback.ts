import net from 'node:net';

/**
 * Runs `start` so that every server it opens listens on the loopback interface, whatever host it names: fauxqs has no
 * option for its interface and would offer all queues and objects to the network without a password.
 */
export async function onLoopback<T>(start: () => Promise<T>): Promise<T> {
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function listenOnLoopback(this: net.Server, ...args: unknown[]) {
    const [options, ...rest] = args;
    const rewritten = typeof options === 'object' && options !== null ? { ...options, host: '127.0.0.1' } : options;
    if (rewritten === options)
      throw new Error('a server starts in a way that cannot be kept on the loopback interface');
    return Reflect.apply(listen, this, [rewritten, ...rest]);
  };
  try {
    return await start();
  } finally {
    net.Server.prototype.listen = listen;
  }
}
