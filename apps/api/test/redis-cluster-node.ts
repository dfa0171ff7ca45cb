import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '@coditect/local-stack/ports';
import { Redis } from 'ioredis';
import { vi } from 'vitest';

export interface ClusterNode {
  url: string;
  redis: Redis;
  stop(): Promise<void>;
}

/** One node that owns all slots. It refuses what a cluster of many would refuse: a command or script over several slots
 *  (CROSSSLOT). */
export async function startClusterNode(): Promise<ClusterNode> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'redis-cluster-'));
  const [port, busPort] = [await freePort(), await freePort()];
  const url = `redis://127.0.0.1:${port}`;
  const options = ['--port', port, '--cluster-port', busPort, '--bind', '127.0.0.1', '--dir', dir, '--save', ''];
  const server = spawn('redis-server', [...options.map(String), '--cluster-enabled', 'yes'], { stdio: 'ignore' });
  const redis = new Redis(url, { retryStrategy: () => 20 });
  redis.on('error', () => {}); // until it listens
  await redis.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
  await vi.waitFor(async () => {
    if (!(await redis.cluster('INFO')).includes('cluster_state:ok')) throw new Error('the cluster is not ready');
  }, 10_000);
  return {
    url,
    redis,
    async stop() {
      redis.disconnect();
      server.kill();
      await once(server, 'exit');
      await rm(dir, { recursive: true });
    },
  };
}
