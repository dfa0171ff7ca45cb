/** The base path of the API (docs/http.md). Routes outside of it have absolute paths. */
export const BASE_PATH = 'api/v1';
