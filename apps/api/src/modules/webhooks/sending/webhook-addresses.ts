import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup, Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { Config } from '#config/config';

const PORTS = new Set(['', '8443']); // '' is 443
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');
/** For all name servers together, and for one of them to answer once. */
const LOOKUP_MS = 2_000;
const QUERY_MS = 900;
const NO_ANSWER = ['ECANCELLED', 'ETIMEOUT'];

export class AddressNotAllowed extends Error {}

/** Finds the addresses of hosts, IPv4 before IPv6. Apart so that tests answer as they need. */
@Injectable()
export class HostLookup {
  /** As name servers say, and nothing else: no file of this machine, no search domain. Without the few threads that
   *  `dns.lookup` holds while it waits, and that files and passwords need.
   *  @throws Error when there is no such host, or no answer within 2 seconds */
  async ofNameServers(hostname: string): Promise<LookupAddress[]> {
    const resolver = this.resolver();
    const limit = setTimeout(() => resolver.cancel(), LOOKUP_MS);
    // An answer to one of them is enough: only what was found is checked, and connected to.
    const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
    clearTimeout(limit);
    const found = answers.flatMap((answer, i) => {
      const family = i === 0 ? 4 : 6;
      return answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : [];
    });
    const failures = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as NodeJS.ErrnoException] : [],
    );
    const [failure] = failures;
    if (found.length > 0 || !failure) return found;
    if (failures.some(({ code = '' }) => NO_ANSWER.includes(code)))
      throw new Error('the name servers did not answer within 2 seconds');
    throw failure;
  }

  /** As every program of this machine finds them: also by /etc/hosts. */
  async ofSystem(hostname: string): Promise<LookupAddress[]> {
    return systemLookup(hostname, { all: true, order: 'ipv4first' });
  }

  /** One for each look-up: to cancel it cancels nobody else's. */
  protected resolver(): Resolver {
    return new Resolver({ timeout: QUERY_MS, tries: 2 });
  }
}

/** Where webhooks may go: not into the network that this process runs in (OWASP: server-side request forgery). With
 *  WEBHOOK_ALLOW_PRIVATE, which production refuses, anywhere. */
@Injectable()
export class WebhookAddresses {
  private readonly allowPrivate: boolean;

  constructor(
    config: Config,
    private readonly hosts: HostLookup,
  ) {
    this.allowPrivate = config.webhooks.allowPrivate;
  }

  /** Why an endpoint cannot have this URL, as far as the URL alone tells; undefined if it can. */
  refusalOf(url: string): string | undefined {
    const { protocol, port, username, password, hostname } = new URL(url);
    if (username !== '' || password !== '') return 'must not contain credentials';
    if (this.allowPrivate) return protocol === 'https:' || protocol === 'http:' ? undefined : 'must be https or http';
    if (protocol !== 'https:') return 'must be https';
    if (!PORTS.has(port)) return 'must use port 443 or 8443';
    const address = hostname.replace(/^\[(.*)\]$/, '$1');
    return isIP(address) !== 0 && !isPublicAddress(address) ? 'must be a public address' : undefined;
  }

  /** Resolves a host for the socket that connects to it: what was checked is what is connected to, whatever the name
   *  server says the next time (DNS rebinding). One address that is not public refuses them all. */
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

/** Whether it is a host of the internet: no private, local, shared, documentation or multicast address, and no IPv6
 *  address that stands for an IPv4 one (mapped, NAT64, 6to4, Teredo). */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_UNICAST)) return false;
  return parsed.range() === 'unicast';
}
