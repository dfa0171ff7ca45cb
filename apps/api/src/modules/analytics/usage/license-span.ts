/** The primary key of a license. */
export interface LicenseKey {
  tenantId: string;
  licenseId: string;
}

/** A range of licenses in the order of their keys: after `after`, up to and including `last`. */
export interface LicenseSpan {
  after: LicenseKey;
  last: LicenseKey;
}

/** Licenses per statement in jobs over all tenants, so that each statement is bounded in time and memory. */
export const LICENSE_PAGE = 200;

const NIL = '00000000-0000-0000-0000-000000000000';
/** The start of the first range: before all licenses. */
export const NOTHING_BEFORE: LicenseKey = { tenantId: NIL, licenseId: NIL };
