import { writeFileSync } from 'node:fs';
import { buildVectors } from './build-vectors.js';
import { readTestKeys, VECTORS_DIRECTORY } from './test-keys.js';

const vectors = buildVectors(await readTestKeys());
writeFileSync(new URL('signed-license.json', VECTORS_DIRECTORY), `${JSON.stringify(vectors, null, 2)}\n`);
