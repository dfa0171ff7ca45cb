import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@coditect/local-stack/ports';
import { Cluster, Redis } from 'ioredis';
import { isCluster } from '#config/redis-url';
import { openCluster } from '#platform/redis/redis-cluster';
import { eventually } from './drills/eventually.js';

const SLOTS = 16_384;
const PASSWORD = 'a,b';

/** One master of a cluster, without a replica. */
class ClusterNode {
  readonly redis: Redis;
  private server: ChildProcess | undefined;

  constructor(
    readonly port: number,
    readonly busPort: number,
    private readonly dir: string,
  ) {
    this.redis = new Redis(port, { password: PASSWORD, retryStrategy: () => 20, maxRetriesPerRequest: null });
    this.redis.on('error', () => {}); // expected until it listens
  }

  /** Starts it again. Its data are lost, and its view of the cluster is kept. */
  start(): void {
    const options = ['--port', this.port, '--cluster-port', this.busPort, '--bind', '127.0.0.1', '--dir', this.dir];
    const cluster = [
      '--cluster-enabled',
      'yes',
      '--cluster-node-timeout',
      1_000,
      '--cluster-require-full-coverage',
      'no',
    ];
    const args = [...options, ...cluster, '--requirepass', PASSWORD, '--save', ''].map(String);
    this.server = spawn('redis-server', args, { stdio: 'ignore' });
  }

  async kill(): Promise<void> {
    this.server?.kill('SIGKILL');
    await once(this.server!, 'exit');
  }

  async stop(): Promise<void> {
    this.redis.disconnect();
    if (this.server?.exitCode === null && this.server.signalCode === null) await this.kill();
    await rm(this.dir, { recursive: true });
  }

  id(): Promise<string> {
    return this.redis.cluster('MYID');
  }

  /** Returns how many nodes with an address it knows, and how many slots are served. */
  async sees(): Promise<{ nodes: number; slots: number }> {
    const info = await this.redis.cluster('INFO');
    const number = (name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1]);
    return { nodes: number('cluster_known_nodes'), slots: number('cluster_slots_ok') };
  }
}

/** A Redis Cluster of masters on this machine. While a node is down, its slots are missing and the others work. */
export class TestCluster {
  private constructor(readonly nodes: ClusterNode[]) {}

  static async start(masters: number): Promise<TestCluster> {
    const nodes = await Promise.all(
      Array.from({ length: masters }, async () => {
        const dir = await mkdtemp(path.join(os.tmpdir(), 'redis-cluster-'));
        return new ClusterNode(await freePort(), await freePort(), dir);
      }),
    );
    const [first] = nodes;
    for (const [i, node] of nodes.entries()) {
      node.start();
      const [from, to] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / masters)) as [number, number];
      await node.redis.call('CLUSTER', 'ADDSLOTSRANGE', from, to - 1);
      await node.redis.cluster('SET-CONFIG-EPOCH', i + 1);
      if (i > 0) await node.redis.call('CLUSTER', 'MEET', '127.0.0.1', first!.port, first!.busPort);
    }
    const cluster = new TestCluster(nodes);
    await cluster.whole();
    return cluster;
  }

  /** Names two of its nodes. Clients find the others. */
  get url(): string {
    return this.nodes
      .slice(0, 2)
      .map(({ port }) => `redis://:${PASSWORD}@127.0.0.1:${port}`)
      .join(',');
  }

  /** Waits until every node knows all nodes and all slots. */
  async whole(): Promise<void> {
    const expected = { nodes: this.nodes.length, slots: SLOTS };
    await eventually(async () => {
      for (const node of this.nodes)
        if (JSON.stringify(await node.sees()) !== JSON.stringify(expected)) throw new Error('not whole');
    }, 15_000);
  }

  slotOf(key: string): Promise<number> {
    return this.nodes[0]!.redis.cluster('KEYSLOT', key);
  }

  async ownerOf(key: string): Promise<ClusterNode> {
    const slot = await this.slotOf(key);
    const ranges = await this.nodes.find(({ redis }) => redis.status === 'ready')!.redis.cluster('SLOTS');
    const range = ranges.find(([from, to]) => from <= slot && slot <= to)!;
    return this.nodes.find(({ port }) => port === range[2]![1])!;
  }

  /** Moves a slot with its data to another node, as in a rebalancing. Clients are not told. */
  async move(key: string, to: ClusterNode): Promise<void> {
    const [slot, from] = [await this.slotOf(key), await this.ownerOf(key)];
    await to.redis.cluster('SETSLOT', slot, 'IMPORTING', await from.id());
    await from.redis.cluster('SETSLOT', slot, 'MIGRATING', await to.id());
    const keys = await from.redis.cluster('GETKEYSINSLOT', slot, 1_000);
    if (keys.length > 0)
      await from.redis.migrate('127.0.0.1', to.port, '', 0, 5_000, 'AUTH', PASSWORD, 'KEYS', ...keys);
    for (const node of [to, ...this.nodes.filter((other) => other !== to)])
      await node.redis.cluster('SETSLOT', slot, 'NODE', await to.id());
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}

/** Returns a client for the test itself, for a single Redis or a cluster. */
export async function connectRedis(url: string): Promise<Redis | Cluster> {
  const redis = isCluster(url) ? openCluster(url, { lazyConnect: true }) : new Redis(url, { lazyConnect: true });
  redis.on('error', () => {}); // tests that stop Redis expect it
  await redis.connect();
  return redis;
}
