/** Base of the API (design section 7); what is outside of it has an absolute place of its own. */
export const BASE_PATH = 'api/v1';
