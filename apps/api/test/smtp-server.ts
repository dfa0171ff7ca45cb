import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

/** A real SMTP server that keeps what it takes. */
export class TestSmtpServer {
  readonly mails: ParsedMail[] = [];
  /** What happens to the next mails: they are taken, refused for now, held without an answer, or
   *  taken without an answer. */
  mood: 'takes' | 'refuses' | 'holds' | 'takes silently' = 'takes';
  /** How many mails it has been offered. */
  offered = 0;

  private readonly held: (() => void)[] = [];

  private readonly server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      const { mood } = this; // of the moment in which it was offered, also if reading it takes longer
      simpleParser(stream, (error, mail) => {
        this.offered += 1; // from then on it can be let go
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
    this.server.on('error', () => {}); // a killed client resets its connection
    const listening = this.server.listen(0, '127.0.0.1');
    await once(listening, 'listening');
    this.url = `smtp://127.0.0.1:${(listening.address() as AddressInfo).port}`;
    return this;
  }

  /** Refuses those it holds. */
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
