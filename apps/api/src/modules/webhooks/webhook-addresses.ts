import type { LookupAddress, LookupAllOptions } from 'node:dns';
import { lookup as lookupHost } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Injectable } from '@nestjs/common';
import ipaddr from 'ipaddr.js';
import { Config } from '../../config/config.js';

const PORTS = new Set(['', '8443']); // '' is 443
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

export class AddressNotAllowed extends Error {}

/** The system's resolver, apart so that tests answer as they need. */
@Injectable()
export class HostLookup {
  async all(hostname: string, options: LookupAllOptions): Promise<LookupAddress[]> {
    return lookupHost(hostname, options);
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
  readonly lookup: LookupFunction = (hostname, { family, hints, all }, callback) => {
    this.resolve(hostname, { family, hints, all: true }).then(
      ([first, ...others]) => (all ? callback(null, [first, ...others]) : callback(null, first.address, first.family)),
      (error: NodeJS.ErrnoException) => callback(error, []),
    );
  };

  private async resolve(hostname: string, options: LookupAllOptions): Promise<[LookupAddress, ...LookupAddress[]]> {
    const [first, ...others] = await this.hosts.all(hostname, options);
    const isAllowed = ({ address }: LookupAddress) => this.allowPrivate || isPublicAddress(address);
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
