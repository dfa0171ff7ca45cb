import { readFile } from 'node:fs/promises';
import openapiTypescript, { astToString } from 'openapi-typescript';
import { expect, it } from 'vitest';

it('the types are those of the OpenAPI document; `npx nx update api-client` writes them anew', async () => {
  const document = await readFile(new URL('generated/openapi.json', import.meta.url), 'utf8');
  const types = astToString(await openapiTypescript(document));
  await expect(types).toMatchFileSnapshot('generated/api.ts');
});
