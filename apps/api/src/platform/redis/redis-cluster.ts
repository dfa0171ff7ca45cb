import { Cluster, type ClusterOptions } from 'ioredis';
import { redisNodes } from '#config/redis-url';

const DEFAULT_PORT = 6379;

/** Opens a client of the cluster that the nodes in the URL belong to. It discovers the other nodes and follows moving
 *  slots. */
export function openCluster(url: string, { redisOptions, ...options }: ClusterOptions): Cluster {
  const nodes = redisNodes(url);
  const { protocol, username, password } = nodes[0]!;
  return new Cluster(
    nodes.map(({ hostname, port }) => ({ host: withoutBrackets(hostname), port: Number(port) || DEFAULT_PORT })),
    {
      ...options,
      // Do not resolve host names before connecting: certificates name the hosts, and their addresses may change.
      dnsLookup: (address, callback) => callback(null, address),
      redisOptions: {
        ...redisOptions,
        ...(username && { username: decodeURIComponent(username) }),
        ...(password && { password: decodeURIComponent(password) }),
        ...(protocol === 'rediss:' && { tls: {} }),
      },
    },
  );
}

function withoutBrackets(hostname: string): string {
  return hostname.replaceAll(/^\[|\]$/g, '');
}
