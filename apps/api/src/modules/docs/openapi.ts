import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { type ProblemCode, Problem, problemCodes } from '@coditect/contracts/problem';
import { z } from 'zod';
import { rolesOf } from '#platform/access/permissions';
import { successStatuses, takesIfMatch, tellsLocation } from '#platform/operation';
import { operationId, type Route, routesOf } from '#platform/http/routes';
import { areas, DESCRIPTION } from './openapi-texts.js';

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;
type ResponseObject = Extract<OperationObject['responses'][string], { description: string; headers?: unknown }>;

export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const JSON_TYPE = 'application/json';
const PROBLEM_TYPE = 'application/problem+json';

/** Makes the OpenAPI 3.1 document. Paths, parameters and bodies come from the zod schemas of the routes. Everything
 *  else comes from the routes' decorators (`@Operation`, `@RequirePermission`, `@Public`).
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
    standardSchemaConverter: (schema, { schemaType }) => convert(zodSchema(schema), schemaType),
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

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

function zodSchema(schema: unknown): z.ZodType {
  if (!(schema instanceof z.ZodType)) throw new TypeError('schemas of routes are made with zod');
  return schema;
}

/** Converts a schema to JSON Schema 2020-12, the dialect of OpenAPI 3.1. Nest by itself would use the dialect of
 *  3.0. */
function convert(schema: z.ZodType, io: 'input' | 'output') {
  const {
    $schema: _,
    $defs: components = {},
    ...rest
  } = z.toJSONSchema(schema, {
    io,
    override: ({ zodSchema: of, jsonSchema }) => {
      // For a schema with a transformation, zod treats examples as output. Ours are input.
      const examples = z.globalRegistry.get(of)?.examples;
      if (Array.isArray(examples)) jsonSchema.examples ??= examples;
      // Responses may get more fields later, so clients must not reject unknown ones.
      if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { schema: rest, components } as { schema: object; components: Record<string, object> };
}

/** Adds to an operation what its route's decorators state. */
function complete(operation: OperationObject, route: Route, { components }: OpenAPIObject): void {
  const schemas = components!.schemas!;
  const shared = (components!.responses ??= {});
  const { access, operation: options } = route;
  if (!options) throw new Error(`${route.method} ${route.path} has no @Operation`);
  operation.summary = options.summary;
  const mayCall = access.kind === 'permission' ? rolesOf[access.permission].join(', ') : '';
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
    const response = operation.responses[status]!;
    if ('$ref' in response) throw new Error(`${route.method} ${route.path} shares its answer ${status}`);
    response.description = options.response || options.contentType ? 'Done.' : 'Done; no content.';
    response.headers = {
      'X-Request-Id': { description: 'Identifies this request in logs and audit entries', schema: { type: 'string' } },
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

/** Makes the response for a set of codes. Operations with the same set share it. */
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
  operation.responses['304'] = { description: 'The resource has not changed since the given ETag.', headers: { ETag } };
}

const ETag = { description: 'The version', schema: { type: 'string' } } as const;
const Location = { description: 'The URL of the created resource', schema: { type: 'string' } } as const;
const IF_NONE_MATCH =
  'An ETag that the caller has. If the resource has not changed since, the response is 304 without a body.';
const IDEMPOTENCY_KEY = 'Repeating a request with the same key within 24 hours returns the first response.';
const IF_MATCH = 'The ETag that was read. If the resource has changed since, the response is 412.';

function addExamples(content: NonNullable<ResponseObject['content']>, schemas: Schemas): void {
  for (const media of Object.values(content)) {
    if (!media.schema || !('$ref' in media.schema)) continue;
    const name = media.schema.$ref.slice('#/components/schemas/'.length);
    const schema = schemas[name];
    const example: unknown = schema && 'example' in schema ? schema.example : undefined;
    if (example === undefined) throw new Error(`the schema ${name} has no example`);
    media.example = example;
  }
}

/** Returns the codes of an operation by status: its own, and those that all operations of its kind have. */
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

/** Whether a route is outside of the base path: probes, metrics and keys, which are never throttled. */
function isOpen(path: string): boolean {
  return /^(healthz|readyz|metrics|\.well-known)/.test(path);
}

function areaOf({ path }: Route): string {
  for (const [name, { paths }] of Object.entries(areas)) if (paths.test(path)) return name;
  throw new Error(`${path} belongs to no area of the documentation`);
}
