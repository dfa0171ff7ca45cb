import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { StreamEnd } from '@coditect/contracts/names';
import type { StreamEvent } from '@coditect/contracts/stream';
import { Config } from '#config/config';
import { AccessTokens } from '#platform/access/access-tokens';
import { API_KEY_PREFIX } from '#platform/access/api-key-token';
import { Authentication } from '#platform/access/authentication';
import { mayDo } from '#platform/access/permissions';
import { ProblemError, temporarilyUnavailable } from '#platform/problems/problem';
import { RedisUnavailable } from '#platform/redis/redis-connection';
import { type Actor, currentRequest, currentTenant, currentUserId, requestStore } from '#platform/request-context';
import type { Viewer } from './event-details.js';
import { EventReader } from './event-reader.js';
import { EventStream } from './event-stream.js';
import { Watcher } from './tenant-channel.js';

/** Limit of open streams per user in one process. */
export const MAX_STREAMS_PER_USER = 10;
const KEEP_ALIVE_MS = 15_000;
const RECHECK_MS = 30_000;
const RECHECKS_AT_ONCE = 20;
/** How long clients have to read the rest of their streams when the process stops. */
const DRAIN_MS = 1_000;

interface Connection {
  bearer: string;
  response: ServerResponse;
}

/** The open streams of this process. Limits their number, keeps them alive, and rechecks their access. */
@Injectable()
export class LiveStreams implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('live-events');
  private readonly open = new Map<Watcher, Connection>();
  private readonly perUser = new Map<string, number>();
  private readonly timers: NodeJS.Timeout[] = [];
  private total = 0;
  private stopping = false;

  constructor(
    private readonly config: Config,
    private readonly reader: EventReader,
    private readonly authentication: Authentication,
    private readonly accessTokens: AccessTokens,
  ) {}

  onApplicationBootstrap(): void {
    this.timers.push(
      setInterval(() => [...this.open.keys()].forEach(({ stream }) => stream.keepAlive()), KEEP_ALIVE_MS).unref(),
      setInterval(() => void this.recheck(), RECHECK_MS).unref(),
    );
  }

  /** Ends all streams. Nest calls this before the server waits for open responses, which would otherwise never end. */
  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    this.timers.forEach((timer) => clearInterval(timer));
    for (const { stream } of this.open.keys()) end(stream, 'server_stopping');
    for (const deadline = Date.now() + DRAIN_MS; this.open.size > 0 && Date.now() < deadline;) await sleep(10);
    for (const { response } of this.open.values()) response.destroy();
  }

  /** Opens a stream for the caller of the current request.
   *  @param bearer the caller's token: it is checked again while the stream is open
   *  @throws ProblemError rate_limited, temporarily_unavailable */
  async begin(response: ServerResponse, bearer: string, lastEventId: string | undefined): Promise<EventStream> {
    if (this.stopping) throw temporarilyUnavailable('This process is shutting down.', 1);
    const [tenantId, userId] = [currentTenant(), currentUserId()];
    this.take(userId);
    const stream = new EventStream();
    const watcher = new Watcher(stream, viewerOf(currentRequest().actor));
    finished(response, () => {
      stream.destroy();
      this.open.delete(watcher);
      this.reader.leave(tenantId, watcher);
      this.giveBack(userId);
    });
    this.open.set(watcher, { bearer, response });
    try {
      await this.reader.join(tenantId, watcher, lastEventId);
    } catch (error) {
      this.open.delete(watcher);
      if (error instanceof RedisUnavailable)
        throw temporarilyUnavailable('Live events are not available now.', 3, error);
      throw error;
    }
    return stream;
  }

  /** Checks every stream again: whether its token and login are still valid, and what its user may see. */
  async recheck(): Promise<void> {
    const open = [...this.open];
    for (let i = 0; i < open.length; i += RECHECKS_AT_ONCE)
      await Promise.all(open.slice(i, i + RECHECKS_AT_ONCE).map((entry) => this.check(...entry)));
  }

  private async check(watcher: Watcher, { bearer, response }: Connection): Promise<void> {
    if (!watcher.stream.open) {
      response.destroy(); // ended, but the client has not read the end
      return;
    }
    try {
      if (!bearer.startsWith(API_KEY_PREFIX)) await this.accessTokens.verify(bearer);
    } catch {
      return end(watcher.stream, 'token_expired');
    }
    try {
      const actor = await this.actorOf(bearer);
      if (mayDo(actor, 'license_session:read')) watcher.viewer = viewerOf(actor);
      else end(watcher.stream, 'access_ended');
    } catch (error) {
      if (error instanceof ProblemError) end(watcher.stream, 'access_ended');
      // Unknown for now, such as when Postgres is down: the next recheck decides.
      else this.logger.warn({ msg: 'the access of a stream cannot be checked', err: String(error) });
    }
  }

  private actorOf(bearer: string): Promise<Actor | undefined> {
    return requestStore.run({ requestId: randomUUID() }, async () => {
      await this.authentication.authenticate(bearer, 'fresh');
      return currentRequest().actor;
    });
  }

  private take(userId: string): void {
    const own = this.perUser.get(userId) ?? 0;
    if (own >= MAX_STREAMS_PER_USER) throw tooMany('user-streams', MAX_STREAMS_PER_USER, 'of a user');
    const { maxStreams } = this.config.http;
    if (this.total >= maxStreams) throw tooMany('streams', maxStreams, 'in this process');
    this.perUser.set(userId, own + 1);
    this.total += 1;
  }

  private giveBack(userId: string): void {
    const own = (this.perUser.get(userId) ?? 1) - 1;
    if (own === 0) this.perUser.delete(userId);
    else this.perUser.set(userId, own);
    this.total -= 1;
  }
}

function viewerOf(actor: Actor | undefined): Viewer {
  return { userId: actor?.userId ?? '', may: (permission) => mayDo(actor, permission) };
}

function end(stream: EventStream, reason: StreamEnd): void {
  const { type, data }: StreamEvent = { type: 'end', data: { reason } };
  stream.event(type, data);
  stream.close();
}

function tooMany(policy: string, limit: number, whose: string): ProblemError {
  return new ProblemError('rate_limited', {
    detail: `At most ${limit} streams ${whose} are open at once; close one of them.`,
    members: { policy, limit },
    headers: { 'retry-after': '30' },
  });
}
