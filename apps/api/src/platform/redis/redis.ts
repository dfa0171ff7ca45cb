import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { Cluster, Command, Redis, type RedisCommander } from 'ioredis';
import { isCluster } from '#config/redis-url';
import { openCluster } from './redis-cluster.js';
import { inSpan } from '../observability/tracing.js';

/** Redis did not answer, or not in time. What can be done without it goes on from Postgres. */
export class RedisUnavailable extends Error {
  constructor(cause: unknown) {
    super('Redis is unavailable', { cause });
  }
}

const SLOTS = 16_384;
const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 1_000;
/** After a failure a server is left alone for this long; then one command at a time finds out whether it answers again, so
 *  that a silent one does not cost every request its timeout. */
const REST_MS = 500;
/** A command follows its slot to another node, and waits 100 ms for keys that are on their way, at most so often. */
const MAX_REDIRECTIONS = 5;

/** What is known of one server. In a cluster the others go on without it. */
interface Health {
  restUntil: number;
  failed: boolean;
  findingOut: boolean;
}

/** The connection that the seat ledger uses, to a server or to a cluster. Commands fail fast; it comes back by itself. */
@Injectable()
export class RedisConnection implements OnApplicationShutdown {
  /** Whether a command reaches only the keys of one slot. */
  readonly clustered: boolean;
  private readonly client: Redis | Cluster;
  private readonly logger = new Logger('redis');
  private readonly servers = new Map<string, Health>();

  constructor(url: string) {
    this.clustered = isCluster(url);
    this.client = this.clustered ? openFailingFast(url) : openServer(url);
    this.client.on('error', (error: Error) => this.logger.warn({ msg: 'connection error', err: error.message }));
  }

  /** Waits until the first connection is up, at most `ms`, or those to all nodes of a cluster. Answers whether it is. */
  async waitUntilReady(ms: number): Promise<boolean> {
    if (!(await this.untilReady(ms))) return false;
    if (this.client instanceof Cluster) await this.answers();
    return true;
  }

  /** Whether it answers; all of it, if it is a cluster. */
  async answers(): Promise<boolean> {
    try {
      if (this.client instanceof Cluster) await pingAll(this.client);
      else await this.use('', (client) => client.ping());
      return true;
    } catch {
      return false;
    }
  }

  /** @param key one of those that the work is about: all are in its slot
   *  @param summary what it is for, in traces
   *  @throws RedisUnavailable */
  use<T>(key: string, work: (client: RedisCommander) => Promise<T>, summary = 'command'): Promise<T> {
    const attributes = { 'db.system.name': 'redis', 'db.query.summary': summary };
    return inSpan(`redis ${summary}`, { kind: SpanKind.CLIENT, attributes }, () => this.send(key, work));
  }

  /** As `use`, for what is done all the time: it is in no trace.
   *  @throws RedisUnavailable */
  async send<T>(key: string, work: (client: RedisCommander) => Promise<T>): Promise<T> {
    const server = this.serverOf(key);
    if (this.client.status !== 'ready' || Date.now() < server.restUntil || server.findingOut)
      throw new RedisUnavailable('not connected');
    const findsOut = server.failed;
    server.findingOut = findsOut;
    try {
      const answer = await work(this.client);
      server.failed = false;
      return answer;
    } catch (error) {
      // A script error is our bug and no outage, but Postgres can serve meanwhile: say it loudly and go on.
      if (error instanceof Error && /^(ERR|WRONGTYPE|CROSSSLOT)/.test(error.message))
        this.logger.error({ msg: 'Redis refused a command', err: error.message });
      else {
        server.failed = true;
        server.restUntil = Date.now() + REST_MS;
      }
      throw new RedisUnavailable(error);
    } finally {
      if (findsOut) server.findingOut = false;
    }
  }

  /** Late, so that requests being finished still have it. */
  async onApplicationShutdown(): Promise<void> {
    if (this.client.status === 'ready') await this.client.quit().catch(() => {});
    this.client.disconnect();
  }

  private async untilReady(ms: number): Promise<boolean> {
    if (this.client.status === 'ready') return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.client.once('ready', () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** The only one, or the node that has the key's slot as far as is known. */
  private serverOf(key: string): Health {
    const name = this.client instanceof Cluster ? (ownerOf(this.client, key) ?? '') : '';
    const known = this.servers.get(name);
    if (known) return known;
    const server = { restUntil: 0, failed: false, findingOut: false };
    this.servers.set(name, server);
    return server;
  }
}

function openServer(url: string): Redis {
  return new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // One write for all commands of an event loop turn: a system call costs more than a script.
    enableAutoPipelining: true,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
}

/** Without automatic pipelines: in one whose slots move apart, a command is not followed to its slot (decision 0015). */
function openFailingFast(url: string): Cluster {
  return openCluster(url, {
    enableOfflineQueue: false,
    maxRedirections: MAX_REDIRECTIONS,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: COMMAND_TIMEOUT_MS,
    clusterRetryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
    redisOptions: {
      maxRetriesPerRequest: 0,
      commandTimeout: COMMAND_TIMEOUT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
    },
  });
}

/** `host:port` */
function ownerOf({ slots }: Cluster, key: string): string | undefined {
  return slots[new Command('get', [key]).getSlot() ?? 0]?.[0];
}

/** @throws Error when a slot has no node, or its node does not answer */
async function pingAll(cluster: Cluster): Promise<void> {
  const nodes = new Map(cluster.nodes('master').map((node) => [`${node.options.host}:${node.options.port}`, node]));
  const owners = new Set(Array.from({ length: SLOTS }, (_, slot) => nodes.get(cluster.slots[slot]?.[0] ?? '')));
  await Promise.all(
    [...owners].map((node) => {
      if (!node) throw new Error('a node is away');
      return node.ping();
    }),
  );
}
