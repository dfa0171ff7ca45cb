import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { TestApp } from '../app.js';

export interface Route {
  method: string;
  /** Below /api/v1, with `:id` for parameters. */
  path: string;
}

/** Every route the application has, from the controllers themselves: a new one cannot be forgotten. */
export function routesOf({ app }: TestApp): Route[] {
  const [discovery, scanner] = [app.get(DiscoveryService, { strict: false }), new MetadataScanner()];
  return discovery.getControllers().flatMap(({ instance, metatype }) => {
    if (!instance || !metatype) return [];
    const prototype = Object.getPrototypeOf(instance) as Record<string, object>;
    const base = Reflect.getMetadata(PATH_METADATA, metatype) as string;
    return scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name]!;
      const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
      if (method === undefined) return [];
      const path = [base, Reflect.getMetadata(PATH_METADATA, handler) as string]
        .flatMap((part) => part.split('/'))
        .filter((part) => part !== '')
        .join('/');
      return [{ method: RequestMethod[method], path }];
    });
  });
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** All ids that an answer shows. */
export function idsIn(body: unknown): string[] {
  return JSON.stringify(body).match(UUID) ?? [];
}
