import { Body, Delete, Get, Header, Param, Patch, Post, Query, Req } from '@nestjs/common';
import { Id } from '@coditect/contracts/common';
import {
  ApiKey,
  ApiKeyPage,
  ApiKeyQuery,
  CreateApiKeyRequest,
  CreatedApiKey,
  RotateApiKeyRequest,
  UpdateApiKeyRequest,
} from '@coditect/contracts/api-keys';
import type { FastifyRequest } from 'fastify';
import { ApiController } from '#platform/http/api-controller';
import { RequirePermission } from '#platform/access/access';
import { Operation } from '#platform/operation';
import { page } from '#platform/lists/paging';
import { presentApiKey, presentNewApiKey } from './api-keys.presenter.js';
import { ApiKeysService } from './api-keys.service.js';

/** Credentials of machines. No API key can manage API keys; only a person who signed in can. */
@ApiController('auth/api-keys')
export class ApiKeysController {
  constructor(private readonly apiKeys: ApiKeysService) {}

  @Get()
  @RequirePermission('api_key:manage')
  @Operation({
    summary: 'List API keys',
    description: 'Your own keys. With `api_key:manage_any` also those of one user, or of the whole tenant.',
    response: ApiKeyPage,
  })
  async list(@Query({ schema: ApiKeyQuery }) query: ApiKeyQuery, @Req() request: FastifyRequest) {
    return page(await this.apiKeys.list(query), query, request.url, presentApiKey);
  }

  @Post()
  @RequirePermission('api_key:manage')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Make an API key',
    description: 'The key itself is in this response only. It acts as its user, within its scopes.',
    status: 201,
    response: CreatedApiKey,
    problems: ['quota_exceeded'],
    location: 'auth/api-keys/:id',
    idempotent: true,
  })
  async create(@Body({ schema: CreateApiKeyRequest }) body: CreateApiKeyRequest): Promise<CreatedApiKey> {
    return presentNewApiKey(await this.apiKeys.create(body));
  }

  @Get(':id')
  @RequirePermission('api_key:manage')
  @Operation({ summary: 'Read an API key, without the key itself', response: ApiKey, problems: ['api_key_not_found'] })
  async get(@Param('id', { schema: Id }) id: string): Promise<ApiKey> {
    return presentApiKey(await this.apiKeys.get(id));
  }

  @Patch(':id')
  @RequirePermission('api_key:manage')
  @Operation({ summary: 'Rename your own API key', response: ApiKey, problems: ['api_key_not_found'] })
  async update(
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: UpdateApiKeyRequest }) body: UpdateApiKeyRequest,
  ): Promise<ApiKey> {
    return presentApiKey(await this.apiKeys.update(id, body));
  }

  @Delete(':id')
  @RequirePermission('api_key:manage')
  @Operation({
    summary: 'Revoke an API key',
    description: 'Your own key, or with `api_key:manage_any` any key. It takes effect with the next request.',
    allowedWhenClosed: true,
    problems: ['api_key_not_found'],
  })
  async revoke(@Param('id', { schema: Id }) id: string): Promise<void> {
    await this.apiKeys.revoke(id);
  }

  @Post(':id/rotate')
  @RequirePermission('api_key:manage')
  @Header('cache-control', 'no-store')
  @Operation({
    summary: 'Replace your own API key',
    description:
      'The new key has the same name, scopes and lifetime, counted from now, and is in this response only. The old one stops ' +
      'working at once, or after `overlap_seconds`.',
    status: 201,
    response: CreatedApiKey,
    problems: ['api_key_not_found', 'api_key_inactive', 'quota_exceeded'],
    location: 'auth/api-keys/:id',
    idempotent: true,
  })
  async rotate(
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: RotateApiKeyRequest }) body: RotateApiKeyRequest,
  ): Promise<CreatedApiKey> {
    return presentNewApiKey(await this.apiKeys.rotate(id, body));
  }
}
