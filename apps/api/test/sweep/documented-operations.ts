import { type Permission, permissions } from '@coditect/contracts/names';
import type { Server } from '../drills/machine.js';

export interface DocumentedOperation {
  operationId: string;
  method: string;
  /** The path from the root of the server, with `{name}` for parameters. */
  path: string;
  /** The required permission; or public; or authenticated by the session token in the body. */
  access: Permission | 'public' | 'session_token';
  /** Names of path parameters. */
  params: string[];
  queryParams: { name: string; schema: JsonSchema }[];
  body: JsonSchema | undefined;
  success: number[];
}

export interface JsonSchema {
  $ref?: string;
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  properties?: Record<string, JsonSchema>;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  examples?: unknown[];
  default?: unknown;
}

interface OpenApi {
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Record<string, JsonSchema> };
}
interface RawOperation {
  operationId: string;
  'x-access': DocumentedOperation['access'];
  parameters?: { name: string; in: string; schema: JsonSchema }[];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, unknown>;
}

/** Returns every operation of the document that the server itself serves. */
export async function documentedOperations(
  server: Server,
): Promise<{ operations: DocumentedOperation[]; schemas: Record<string, JsonSchema> }> {
  const document = (await (await fetch(`${server.baseUrl}/api/v1/openapi.json`)).json()) as OpenApi;
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, raw]) => ({
      operationId: raw.operationId,
      method: method.toUpperCase(),
      path,
      access: raw['x-access'],
      params: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
      queryParams: (raw.parameters ?? []).filter((parameter) => parameter.in === 'query'),
      body: raw.requestBody?.content['application/json']?.schema,
      success: Object.keys(raw.responses)
        .map(Number)
        .filter((status) => status < 400),
    })),
  );
  return { operations, schemas: document.components.schemas };
}

/** Returns the permission of an operation that requires one. */
export function permissionOf({ access }: Pick<DocumentedOperation, 'access'>): Permission | undefined {
  return permissions.find((name) => name === access);
}
