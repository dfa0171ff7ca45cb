import type { TestApp } from '../app.js';
import type { TestTenant, TestUser } from '../factory.js';

/** A request that works for the caller, on things made for it. */
export interface CaseRequest {
  params?: Record<string, string>;
  /** `?a=b` */
  query?: string;
  body?: object;
  headers?: Record<string, string>;
  /** Of an operation without a permission: the credential, if any. */
  bearer?: string;
  /** `status code`, where the operation cannot be made to work here. */
  answers?: string;
  /** The parameter names nothing of a tenant: there is no other tenant's. */
  ofNoTenant?: boolean;
}

export interface World {
  api: TestApp;
  tenant: TestTenant;
  caller: TestUser;
}

export type RouteCase = (world: World) => CaseRequest | Promise<CaseRequest>;

export const nothing: RouteCase = () => ({});
