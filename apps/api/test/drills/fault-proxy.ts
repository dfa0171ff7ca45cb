import { once } from 'node:events';
import net from 'node:net';

/**
 * `pass` forwards everything. `cut` resets every connection and refuses new ones. `silence` accepts connections and
 * does not respond. Data sent during a silence arrive late and in order, as after a network partition.
 */
export type Fault = 'pass' | 'cut' | 'silence';

/** A TCP proxy in front of a server on 127.0.0.1, to make that server unreachable for a time. */
export class FaultProxy {
  private fault: Fault = 'pass';
  private readonly sockets = new Set<net.Socket>();

  private constructor(
    private readonly server: net.Server,
    private targetPort: number,
  ) {
    server.on('connection', (client) => this.join(client));
  }

  /** @param target URL of the server */
  static async before(target: string): Promise<FaultProxy> {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new FaultProxy(server, Number(new URL(target).port));
  }

  /** Returns the same URL, through the proxy. */
  through(target: string): string {
    const url = new URL(target);
    url.port = String((this.server.address() as net.AddressInfo).port);
    return url.href;
  }

  set(fault: Fault): void {
    this.fault = fault;
    for (const socket of this.sockets) {
      if (fault === 'cut') socket.destroy();
      else if (fault === 'silence') socket.pause();
      else socket.resume();
    }
  }

  /** Sends new connections to another server, and ends those to the former one. */
  retarget(target: string): void {
    this.targetPort = Number(new URL(target).port);
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.set('cut');
    this.server.close();
    await once(this.server, 'close');
  }

  private join(client: net.Socket): void {
    if (this.fault === 'cut') {
      client.destroy();
      return;
    }
    const upstream = net.connect(this.targetPort, '127.0.0.1');
    this.forward(client, upstream);
    this.forward(upstream, client);
  }

  private forward(from: net.Socket, to: net.Socket): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (bytes) => to.write(bytes));
    from.on('error', () => {}); // 'close' follows
    from.on('close', () => {
      this.sockets.delete(from);
      to.destroy();
    });
    if (this.fault === 'silence') from.pause();
  }
}
