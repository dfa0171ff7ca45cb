import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup, Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { Config } from '#config/config';
import { errorCode } from '#platform/problems/error-code';

const PORTS = new Set(['', '8443']); // '' is 443
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** Limits of a whole look-up, and of one query to one name server. */
const LOOKUP_MS = 2_000;
const QUERY_MS = 900;
const NO_ANSWER = ['ECANCELLED', 'ETIMEOUT'];

/** The address of an endpoint is not allowed. The message is shown to users. */
export class AddressNotAllowed extends Error {}

/** Finds the addresses of hosts, IPv4 before IPv6. A class of its own so that tests can replace it. */
@Injectable()
export class HostLookup {
  /** Asks name servers only: no hosts file, no search domain. It does not use `dns.lookup`, which blocks one of the few
   *  threads of libuv while it waits; file access and password hashing need them.
   *  @throws Error if the host does not exist, or without an answer within 2 seconds */
  async ofNameServers(hostname: string): Promise<LookupAddress[]> {
    const resolver = this.resolver();
    const limit = setTimeout(() => resolver.cancel(), LOOKUP_MS);
    // One of the two answers is enough: only the addresses found are checked, and only those are connected to.
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    clearTimeout(limit);
    const found = answers.flatMap((answer, i) => {
      const family = i === 0 ? 4 : 6;
      return answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : [];
    });
    const failures = answers.flatMap((answer): unknown[] => (answer.status === 'rejected' ? [answer.reason] : []));
    const [failure] = failures;
    if (found.length > 0 || !failure) return found;
    if (failures.some((error) => NO_ANSWER.includes(String(errorCode(error)))))
      throw new Error('the name servers did not answer within 2 seconds');
    throw failure;
  }

  /** Asks the system's resolver, which also reads /etc/hosts. */
  async ofSystem(hostname: string): Promise<LookupAddress[]> {
    return systemLookup(hostname, { all: true, order: 'ipv4first' });
  }

  /** Makes one resolver per look-up, because `cancel()` ends all queries of a resolver. */
  protected resolver(): Resolver {
    return new Resolver({ timeout: QUERY_MS, tries: 2 });
  }
}

/** Decides where webhooks may be sent: never into private networks, such as the one this process runs in (OWASP:
 *  server-side request forgery). WEBHOOK_ALLOW_PRIVATE lifts this; production refuses to start with it. */
@Injectable()
export class WebhookAddresses {
  private readonly allowPrivate: boolean;

  constructor(
    config: Config,
    private readonly hosts: HostLookup,
  ) {
    this.allowPrivate = config.webhooks.allowPrivate;
  }

  /** Returns why a URL is not allowed, judged without a look-up of its host; undefined if it is allowed. */
  refusalOf(url: string): string | undefined {
    const { protocol, port, username, password, hostname } = new URL(url);
    if (username !== '' || password !== '') return 'must not contain credentials';
    if (this.allowPrivate) return protocol === 'https:' || protocol === 'http:' ? undefined : 'must be https or http';
    if (protocol !== 'https:') return 'must be https';
    if (!PORTS.has(port)) return 'must use port 443 or 8443';
    const address = hostname.replace(/^\[(.*)\]$/, '$1');
    return isIP(address) !== 0 && !isPublicAddress(address) ? 'must be a public address' : undefined;
  }

  /** Resolves a host for the socket that connects to it. The socket gets the checked addresses, so that a second answer
   *  of the name server cannot change the target (DNS rebinding). One address that is not public refuses the host. */
  readonly lookup: LookupFunction = (hostname, { all }, callback) => {
    this.resolve(hostname).then(
      ([first, ...others]) => (all ? callback(null, [first, ...others]) : callback(null, first.address, first.family)),
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };

  private async resolve(hostname: string): Promise<[LookupAddress, ...LookupAddress[]]> {
    const { hosts, allowPrivate } = this;
    const [first, ...others] = await (allowPrivate ? hosts.ofSystem(hostname) : hosts.ofNameServers(hostname));
    const isAllowed = ({ address }: LookupAddress) => allowPrivate || isPublicAddress(address);
    if (!first || ![first, ...others].every(isAllowed))
      throw new AddressNotAllowed('the host is not at a public address');
    return [first, ...others];
  }
}

/** Whether an address is public unicast. Private, local, shared, documentation and multicast addresses are not, nor are
 *  IPv6 addresses that stand for an IPv4 one (mapped, NAT64, 6to4, Teredo). */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_UNICAST)) return false;
  return parsed.range() === 'unicast';
}
