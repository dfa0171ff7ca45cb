import net from 'node:net';

/** Another process took the port between the check for a free one and the start of the server. */
export class PortTakenError extends Error {}

const BIND_ATTEMPTS = 5;

/**
 * Returns a TCP port on 127.0.0.1 that is not in use: `preferred` if it is free, else any. Another process may still take
 * it before the caller does; see `onFreePort`.
 */
export async function freePort(preferred = 0): Promise<number> {
  try {
    return await bindOnce(preferred);
  } catch {
    return bindOnce(0);
  }
}

/** Starts a server on the preferred port. Tries any other port while `start` throws a PortTakenError. */
export async function onFreePort<Server>(
  preferred: number | undefined,
  start: (port: number) => Promise<Server>,
): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(attempt === 1 ? preferred : undefined);
    try {
      return await start(port);
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempt === BIND_ATTEMPTS) throw error;
    }
  }
}

function bindOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
