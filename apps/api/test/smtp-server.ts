import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A real SMTP server that keeps the accepted mails. */
export class TestSmtpServer {
  readonly mails: ParsedMail[] = [];
  /** What happens to the next mails: accepted, refused for now, held without a response, or accepted without a
   *  response. */
  mood: 'takes' | 'refuses' | 'holds' | 'takes silently' = 'takes';
  /** The number of mails offered so far. */
  offered = 0;

  private readonly held: (() => void)[] = [];

  private readonly server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      const { mood } = this; // as of the offer, even if reading takes longer
      simpleParser(stream, (error, mail) => {
        this.offered += 1; // from now on letGo can release it
        if (error) {
          done(error);
          return;
        }
        if (mood === 'holds') {
          this.held.push(() => done(new Error('451 come back later')));
          return;
        }
        if (mood === 'refuses') {
          done(new Error('451 come back later'));
          return;
        }
        this.mails.push(mail);
        if (mood === 'takes') done();
      });
    },
  });

  url = '';

  async start(): Promise<this> {
    this.server.on('error', () => {}); // from killed clients
    const listening = this.server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    this.url = `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    return this;
  }

  /** Refuses the held mails. */
  letGo(): void {
    for (const refuse of this.held.splice(0)) refuse();
  }

  async stop(): Promise<void> {
    this.letGo();
    await new Promise<void>((resolve) => {
      this.server.close(resolve);
    });
  }
}
