import { z } from 'zod';

/**
 * One Redis server, or a Redis Cluster: several of its nodes, or one that says so by `?cluster=true`. Nodes are separated by
 * commas; one in a password separates nothing.
 */
export const RedisUrl = z
  .string()
  .refine((text) => nodesIn(text).every((node) => URL.canParse(node)), { message: 'Invalid URL', abort: true })
  .refine((text) => !isCluster(text) || agree(redisNodes(text)), {
    message: 'the nodes of a cluster have one protocol, user and password, and no database but 0',
  });

/** The server, or the nodes of the cluster that are known at the start. */
export function redisNodes(url: string): URL[] {
  return nodesIn(url).map((node) => new URL(node));
}

export function isCluster(url: string): boolean {
  const nodes = redisNodes(url);
  return nodes.length > 1 || nodes[0]!.searchParams.get('cluster') === 'true';
}

function nodesIn(text: string): string[] {
  return text.split(/\s*,\s*(?=rediss?:\/\/)/);
}

function agree(nodes: URL[]): boolean {
  const [first] = nodes.map(({ protocol, username, password }) => JSON.stringify([protocol, username, password]));
  return nodes.every(
    ({ protocol, username, password, pathname }) =>
      JSON.stringify([protocol, username, password]) === first && ['', '/', '/0'].includes(pathname),
  );
}
