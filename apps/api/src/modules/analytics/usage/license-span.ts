export interface LicenseKey {
  tenantId: string;
  licenseId: string;
}

/** Licenses in the order of their keys: those after one, up to and including another. */
export interface LicenseSpan {
  after: LicenseKey;
  last: LicenseKey;
}

/** Licenses per statement of the jobs over all tenants. */
export const LICENSE_PAGE = 200;

const NIL = '00000000-0000-0000-0000-000000000000';
export const NOTHING_BEFORE: LicenseKey = { tenantId: NIL, licenseId: NIL };
