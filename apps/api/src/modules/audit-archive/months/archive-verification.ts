import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import type { SealedEntry } from '@coditect/audit-chain/entry';
import { ArchiveManifest, type ManifestReference } from './archive-manifest.js';
import { ArchiveObjects } from './archive-objects.js';
import { ArchivedChains, ArchiveDamagedError } from './archived-chains.js';

/** Reads archived months back and verifies them. */
@Injectable()
export class ArchiveVerification {
  constructor(private readonly objects: ArchiveObjects) {}

  /** Reads a manifest.
   *  @throws ArchiveDamagedError if it is not the one that was recorded */
  async manifest({ manifest: name, manifestSha256 }: ManifestReference): Promise<ArchiveManifest> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.objects.stored(name)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    if (createHash('sha256').update(bytes).digest('hex') !== manifestSha256)
      throw new ArchiveDamagedError(`object ${name}: it is not the manifest that was recorded`);
    return ArchiveManifest.parse(JSON.parse(bytes.toString()));
  }

  /** Reads all objects. Returns their chains if these are exactly what the manifest states and every link holds.
   *  @throws ArchiveDamagedError naming the first damaged object or entry */
  async verify(manifest: ArchiveManifest): Promise<ArchivedChains> {
    const chains = new ArchivedChains();
    for await (const entry of this.entries(manifest)) chains.add(entry);
    if (chains.rows !== manifest.rows || !isDeepStrictEqual(chains.tenants, manifest.tenants))
      throw new ArchiveDamagedError(`month ${manifest.month}: its objects hold other chains than its manifest`);
    return chains;
  }

  /** Yields the entries of all objects, or of those that may contain the tenant. These contain other tenants' entries
   *  too.
   *  @throws ArchiveDamagedError at the end of a damaged object */
  async *entries(manifest: ArchiveManifest, tenantId?: string): AsyncGenerator<SealedEntry> {
    for (const object of manifest.objects)
      if (tenantId === undefined || (object.first_tenant <= tenantId && tenantId <= object.last_tenant))
        yield* this.objects.read(object);
  }
}
