import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import dnsPacket, { type Answer, type Question } from 'dns-packet';

/** The records of names. A name without an entry does not exist. */
export type Zone = Record<string, { A?: string[]; AAAA?: string[]; CNAME?: string }>;

const NXDOMAIN = 3;

/** A real name server over UDP. */
export class NameServer {
  /** The record types that it does not answer. */
  silentTo: string[] = [];
  /** The questions in their order: `A hooks.test`. */
  readonly asked: string[] = [];
  private readonly socket = createSocket('udp4');

  private constructor(public zone: Zone) {
    this.socket.on('message', (message, { port, address }) => {
      const { id, questions = [] } = dnsPacket.decode(message);
      const [question] = questions;
      if (!question) return;
      this.asked.push(`${question.type} ${question.name}`);
      if (this.silentTo.includes(question.type)) return;
      const answers = this.answersTo(question);
      const flags = dnsPacket.RECURSION_AVAILABLE | (answers ? 0 : NXDOMAIN);
      const reply = dnsPacket.encode({ id, type: 'response', flags, questions, answers: answers ?? [] });
      this.socket.send(reply, port, address);
    });
  }

  static async start(zone: Zone = {}): Promise<NameServer> {
    const server = new NameServer(zone);
    server.socket.bind(0, '127.0.0.1');
    await once(server.socket, 'listening');
    return server;
  }

  /** The address of the server, in the form for `Resolver.setServers`. */
  get address(): string {
    return `127.0.0.1:${this.socket.address().port}`;
  }

  async stop(): Promise<void> {
    this.socket.close();
    await once(this.socket, 'close');
  }

  private answersTo({ type, name }: Question): Answer[] | undefined {
    const records = this.zone[name.toLowerCase()];
    if (!records) return undefined;
    const { CNAME: alias } = records;
    if (alias) return [{ type: 'CNAME', name, data: alias, ttl: 0 }, ...(this.answersTo({ type, name: alias }) ?? [])];
    if (type !== 'A' && type !== 'AAAA') return [];
    return (records[type] ?? []).map((data) => ({ type, name, data, ttl: 0 }));
  }
}
