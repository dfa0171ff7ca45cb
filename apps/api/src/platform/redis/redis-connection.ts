import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { SpanKind } from '@opentelemetry/api';
import { Cluster, Command, Redis, type RedisCommander } from 'ioredis';
import { isCluster } from '#config/redis-url';
import { openCluster } from './redis-cluster.js';
import { inSpan } from '../observability/tracing.js';

/** Redis did not answer in time. Callers that can work without it continue with Postgres. */
export class RedisUnavailable extends Error {
  constructor(cause: unknown) {
    super('Redis is unavailable', { cause });
  }
}

const SLOTS = 16_384;
const CONNECT_TIMEOUT_MS = 2_000;
const COMMAND_TIMEOUT_MS = 1_000;
/** After a failure a server gets no commands for this long. Then one command at a time probes it, so that not every
 *  request waits for the timeout of a silent server. */
const REST_MS = 500;
/** How often a command follows its slot to another node, or waits 100 ms for keys that are being moved. */
const MAX_REDIRECTIONS = 5;

/** The state of one server. In a cluster, others keep working while one is down. */
interface Health {
  /** ms since the epoch */
  restUntil: number;
  /** Whether the last command failed. */
  failed: boolean;
  /** Whether a command is probing the server. */
  probing: boolean;
}

/** The connection to Redis, a server or a cluster, that all but the queues share. Commands fail fast. It reconnects by
 *  itself. */
@Injectable()
export class RedisConnection implements OnApplicationShutdown {
  /** Whether Redis is a cluster, where a command can only use keys of one slot. */
  readonly clustered: boolean;
  private readonly client: Redis | Cluster;
  private readonly logger = new Logger('redis');
  private readonly servers = new Map<string, Health>();

  constructor(url: string) {
    this.clustered = isCluster(url);
    this.client = this.clustered ? openFailingFast(url) : openServer(url);
    this.client.on('error', (error: Error) => this.logger.warn({ msg: 'connection error', err: error.message }));
  }

  /** Waits at most `ms` until the connection, or those to all nodes of a cluster, are up. Returns whether they are. */
  async waitUntilReady(ms: number): Promise<boolean> {
    if (!(await this.untilReady(ms))) return false;
    if (this.client instanceof Cluster) await this.answers();
    return true;
  }

  /** Whether Redis answers; in a cluster, whether all nodes with slots do. */
  async answers(): Promise<boolean> {
    try {
      if (this.client instanceof Cluster) await pingAll(this.client);
      else await this.use('', (client) => client.ping());
      return true;
    } catch {
      return false;
    }
  }

  /** Runs commands, in a span of the current trace.
   *  @param key one of the keys that the work uses, which must all be in one slot
   *  @param summary the name of the span
   *  @throws RedisUnavailable */
  use<T>(key: string, work: (client: RedisCommander) => Promise<T>, summary = 'command'): Promise<T> {
    const attributes = { 'db.system.name': 'redis', 'db.query.summary': summary };
    return inSpan(`redis ${summary}`, { kind: SpanKind.CLIENT, attributes }, () => this.send(key, work));
  }

  /** Like `use`, but without a span, for work that runs all the time.
   *  @throws RedisUnavailable */
  async send<T>(key: string, work: (client: RedisCommander) => Promise<T>): Promise<T> {
    const server = this.serverOf(key);
    if (this.client.status !== 'ready' || Date.now() < server.restUntil || server.probing)
      throw new RedisUnavailable('not connected');
    const isProbe = server.failed;
    server.probing = isProbe;
    try {
      const answer = await work(this.client);
      server.failed = false;
      return answer;
    } catch (error) {
      // A refused command is a bug of ours and no outage. Log it as an error; the caller continues with Postgres.
      if (error instanceof Error && /^(ERR|WRONGTYPE|CROSSSLOT)/.test(error.message))
        this.logger.error({ msg: 'Redis refused a command', err: error.message });
      else {
        server.failed = true;
        server.restUntil = Date.now() + REST_MS;
      }
      throw new RedisUnavailable(error);
    } finally {
      if (isProbe) server.probing = false;
    }
  }

  /** Runs late in the shutdown, so that requests in progress can still use Redis. */
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

  /** Returns the state of the server, or of the cluster node that owns the key's slot as far as the client knows. */
  private serverOf(key: string): Health {
    const name = this.client instanceof Cluster ? (ownerOf(this.client, key) ?? '') : '';
    const known = this.servers.get(name);
    if (known) return known;
    const server = { restUntil: 0, failed: false, probing: false };
    this.servers.set(name, server);
    return server;
  }
}

function openServer(url: string): Redis {
  return new Redis(url, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    // One write for all commands of a turn of the event loop, because a system call costs more than a script.
    enableAutoPipelining: true,
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(50 * attempt, 1_000),
  });
}

/** Opens a cluster client without automatic pipelining: in a pipeline, commands do not follow slots that have moved to
 *  different nodes (decision record 0015). */
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

/** Returns the owner of the key's slot as `host:port`; undefined if unknown. */
function ownerOf({ slots }: Cluster, key: string): string | undefined {
  return slots[new Command('get', [key]).getSlot() ?? 0]?.[0];
}

/** Pings all nodes with slots.
 *  @throws Error if a slot has no node, or its node does not answer */
async function pingAll(cluster: Cluster): Promise<void> {
  const nodes = new Map(cluster.nodes('master').map((node) => [`${node.options.host}:${node.options.port}`, node]));
  const owners = new Set(Array.from({ length: SLOTS }, (_, slot) => nodes.get(cluster.slots[slot]?.[0] ?? '')));
  await Promise.all(
    [...owners].map((node) => {
      if (!node) throw new Error('a slot has no node');
      return node.ping();
    }),
  );
}
