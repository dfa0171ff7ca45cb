import type { TestApp } from '../app.js';
import type { TestTenant, TestUser } from '../factory.js';

/** A request that works for the caller, with objects made for it. */
export interface CaseRequest {
  params?: Record<string, string>;
  /** `?a=b` */
  query?: string;
  body?: object;
  headers?: Record<string, string>;
  /** The credential, if any, for an operation without a permission. */
  bearer?: string;
  /** The expected `status code`, if the operation cannot succeed here. */
  answers?: string;
  /** True if the parameter does not name an object of a tenant, so there is no foreign one. */
  ofNoTenant?: boolean;
}

export interface World {
  api: TestApp;
  tenant: TestTenant;
  caller: TestUser;
}

export type RouteCase = (world: World) => CaseRequest | Promise<CaseRequest>;

export const nothing: RouteCase = () => ({});
