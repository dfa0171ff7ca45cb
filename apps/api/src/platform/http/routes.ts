import { type INestApplicationContext, RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ACCESS, type Access } from '../access/access.js';
import { OPERATION, type OperationOptions } from '../operation.js';

export interface Route {
  /** Its name in the OpenAPI document: `licenseSessions_list`. */
  operationId: string;
  method: string;
  /** Below the base path, with `:id` for parameters. */
  path: string;
  access: Access;
  operation: OperationOptions | undefined;
}

/** Returns the name of a route's operation, made of its controller and its method. */
export function operationId(controller: string, method: string): string {
  const name = controller.replace(/Controller$/, '');
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}_${method}`;
}

/** Returns every route of the application. They are read from the controllers, so none can be forgotten. */
export function routesOf(app: INestApplicationContext): Route[] {
  const [discovery, scanner] = [app.get(DiscoveryService, { strict: false }), new MetadataScanner()];
  return discovery.getControllers().flatMap(({ instance, metatype }) => {
    if (!instance || !metatype) return [];
    const prototype: Record<string, CallableFunction> = Object.getPrototypeOf(instance);
    const base: string = Reflect.getMetadata(PATH_METADATA, metatype);
    return scanner.getAllMethodNames(prototype).flatMap((name) => {
      const handler = prototype[name]!;
      const method: RequestMethod | undefined = Reflect.getMetadata(METHOD_METADATA, handler);
      if (method === undefined) return [];
      const own: string = Reflect.getMetadata(PATH_METADATA, handler);
      const path = [base, own]
        .flatMap((part) => part.split('/'))
        .filter((part) => part !== '')
        .join('/');
      return {
        operationId: operationId(metatype.name, name),
        method: RequestMethod[method],
        path,
        access: Reflect.getMetadata(ACCESS, handler),
        operation: Reflect.getMetadata(OPERATION, handler),
      };
    });
  });
}
