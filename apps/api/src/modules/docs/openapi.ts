import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { type ProblemCode, Problem, problemCodes } from '@coditect/contracts/problem';
import { z } from 'zod';
import { permissions } from '#platform/access/permissions';
import { successStatuses, takesIfMatch, tellsLocation } from '#platform/operation';
import { operationId, type Route, routesOf } from '#platform/http/routes';
import { areas, DESCRIPTION } from './openapi-texts.js';

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;
type ResponseObject = Extract<OperationObject['responses'][string], { description: string; headers?: unknown }>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

/** The OpenAPI 3.1 document: paths, parameters and bodies from the zod schemas at the routes, everything else from what
 *  each route states about itself (`@Operation`, and who may call it).
 *  @throws Error naming a route without `@Operation`, or a schema without an example */
export function openApiDocument(app: NestFastifyApplication, publicUrl: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('CODITECT License API')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('Proprietary', new URL('/docs', publicUrl).href)
    .addServer(publicUrl)
    .addBearerAuth({
      type: 'http',
      scheme: 'bearer',
      description: 'An access token (15 minutes, from signing in) or an API key.',
    });
  for (const [name, { description }] of Object.entries(areas)) config.addTag(name, description);
  const document = SwaggerModule.createDocument(app, config.build(), {
    operationIdFactory: operationId,
    standardSchemaConverter: (schema, { schemaType }) => convert(schema as z.ZodType, schemaType),
  });
  const schemas = (document.components!.schemas ??= {});
  const problem = JSON.stringify(convert(Problem, 'output').components).replaceAll('#/$defs/', '#/components/schemas/');
  Object.assign(schemas, JSON.parse(problem));
  const routes = new Map(routesOf(app).map((route) => [route.operationId, route]));
  for (const item of Object.values(document.paths))
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) complete(operation, routes.get(operation.operationId ?? '')!, document);
    }
  return document;
}

type Schemas = Record<string, { example?: unknown; properties?: object }>;

/** JSON Schema 2020-12, the dialect of OpenAPI 3.1; by itself the library writes that of 3.0. */
function convert(schema: z.ZodType, io: 'input' | 'output') {
  const {
    $schema: _,
    $defs: components = {},
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema, jsonSchema }) => {
      // Of a schema with a transformation zod takes examples for what comes out; ours are what goes in.
      jsonSchema.examples ??= z.globalRegistry.get(zodSchema)?.examples as unknown[] | undefined;
      if (jsonSchema.examples === undefined) delete jsonSchema.examples;
      // What we answer may get more fields later; nobody should refuse an answer for that.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { schema: rest, components } as { schema: object; components: Record<string, object> };
}

function complete(operation: OperationObject, route: Route, { components }: OpenAPIObject): void {
  const schemas = components!.schemas as Schemas;
  const shared = (components!.responses ??= {});
  const { access, operation: options } = route;
  if (!options) throw new Error(`${route.method} ${route.path} has no @Operation`);
  operation.summary = options.summary;
  const mayCall = access.kind === 'permission' ? permissions[access.permission].join(', ') : '';
  operation.description = [
    options.description,
    access.kind === 'permission' && `Needs \`${access.permission}\`: ${mayCall}.`,
    access.kind === 'session_token' && 'The session token in the body is the credential.',
  ]
    .filter(Boolean)
    .join('\n\n');
  operation.tags = [areaOf(route)];
  operation.security = access.kind === 'permission' ? [{ bearer: [] }] : [];
  Object.assign(operation, { 'x-access': access.kind === 'permission' ? access.permission : access.kind });
  if (options.idempotent) addHeader(operation, 'Idempotency-Key', IDEMPOTENCY_KEY);
  if (takesIfMatch(route.method, options)) addHeader(operation, 'If-Match', IF_MATCH);
  if (options.versioned && route.method === 'GET') addNotModified(operation);
  const body = operation.requestBody && 'content' in operation.requestBody ? operation.requestBody : undefined;
  if (body) addExamples(body.content, schemas);
  for (const status of successStatuses(options)) {
    const response = operation.responses[status] as ResponseObject;
    response.description = options.response || options.contentType ? 'Done.' : 'Done; no content.';
    response.headers = {
      'X-Request-Id': { description: 'Names this request in logs and audit entries', schema: { type: 'string' } },
      ...(options.versioned && options.response ? { ETag } : {}),
      ...(options.location && tellsLocation(status) ? { Location } : {}),
    };
    const { contentType } = options;
    if (contentType && !response.content?.[contentType])
      response.content = { [contentType]: response.content?.[JSON_TYPE] ?? { schema: { type: 'string' } } };
    if (response.content) addExamples(response.content, schemas);
  }
  for (const [status, codes] of problemsByStatus(route, { body: body !== undefined, operation })) {
    const name = codes.join('.');
    shared[name] ??= problemResponse(codes);
    operation.responses[status] = { $ref: `#/components/responses/${name}` };
  }
}

/** Operations that refuse for the same reasons share one. */
function problemResponse(codes: ProblemCode[]): ResponseObject {
  return {
    description: codes.map((code) => `\`${code}\`: ${problemCodes[code].title}`).join('  \n'),
    content: {
      [PROBLEM_TYPE]: {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(codes.map((code) => [code, { value: problemExample(code) }])),
      },
    },
  };
}

function addHeader(operation: OperationObject, name: string, description: string): void {
  (operation.parameters ??= []).push({ name, in: 'header', required: false, description, schema: { type: 'string' } });
}

function addNotModified(operation: OperationObject): void {
  addHeader(operation, 'If-None-Match', IF_NONE_MATCH);
  operation.responses['304'] = { description: 'It is still the version that the caller has.', headers: { ETag } };
}

const ETag = { description: 'The version', schema: { type: 'string' } } as const;
const Location = { description: 'Where to read what was made', schema: { type: 'string' } } as const;
const IF_NONE_MATCH = 'The ETag of what the caller has: 304 without a body when it has not changed.';
const IDEMPOTENCY_KEY = 'Repeating a request with the same key answers what was answered first, for 24 hours.';
const IF_MATCH = 'The ETag that was read: somebody else’s change in between answers 412.';

function addExamples(content: Record<string, { schema?: unknown; example?: unknown }>, schemas: Schemas): void {
  for (const media of Object.values(content)) {
    const ref = (media.schema as { $ref?: string } | undefined)?.$ref;
    const name = ref?.slice('#/components/schemas/'.length);
    if (!name) continue;
    const example = schemas[name]?.example;
    if (example === undefined) throw new Error(`the schema ${name} has no example`);
    media.example = example;
  }
}

/** Those of the operation itself, and those that every operation of its kind has. */
function problemsByStatus(
  { access, operation: options, path }: Route,
  has: { body: boolean; operation: OperationObject },
): Map<number, ProblemCode[]> {
  const codes = new Set<ProblemCode>(options?.problems);
  const add = (when: boolean, ...more: ProblemCode[]) => when && more.forEach((code) => codes.add(code));
  const given = (has.operation.parameters ?? []).map((parameter) => ('in' in parameter ? parameter : undefined));
  add(access.kind === 'permission', 'unauthenticated', 'invalid_token', 'forbidden', 'user_disabled');
  add(has.body, 'malformed_json', 'payload_too_large', 'unsupported_media_type');
  add(has.body || given.some((parameter) => parameter?.in !== 'header'), 'validation_failed');
  add(options?.idempotent === true, 'idempotency_in_flight', 'idempotency_result_unknown', 'idempotency_key_reused');
  add(
    given.some((parameter) => parameter?.name === 'If-Match'),
    'precondition_failed',
  );
  add(!isOpen(path), 'rate_limited');
  add(true, 'internal_error', 'temporarily_unavailable');
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = problemCodes[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return new Map([...byStatus].toSorted(([a], [b]) => a - b));
}

function problemExample(code: ProblemCode): Problem {
  const { status, title } = problemCodes[code];
  return {
    type: `/docs/errors/${code}`,
    title,
    status,
    code,
    request_id: '0195a4c0-5f2e-4d6b-8a3c-2f9b1d7e6c54',
    ...(code === 'validation_failed'
      ? { errors: [{ path: 'name', message: 'Too small: expected string to have >=1 characters', code: 'too_small' }] }
      : {}),
  };
}

/** Outside of the base path: probes and keys, which are never throttled. */
function isOpen(path: string): boolean {
  return /^(healthz|readyz|metrics|\.well-known)/.test(path);
}

function areaOf({ path }: Route): string {
  for (const [name, { paths }] of Object.entries(areas)) if (paths.test(path)) return name;
  throw new Error(`${path} belongs to no area of the documentation`);
}
