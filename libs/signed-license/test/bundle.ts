import { fileURLToPath } from 'node:url';
import { build } from 'vite';

/** Bundles a module and its imports for a Node process that runs without this test runner. */
export async function bundleForNode(entry: URL, outDir: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'silent',
    ssr: { noExternal: true },
    build: {
      ssr: fileURLToPath(entry),
      outDir,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: '[name].mjs' } },
    },
  });
}

/** Bundles a module for browsers, as an application's build does. */
export async function bundleForBrowser(entry: URL) {
  const built = await build({
    configFile: false,
    logLevel: 'silent',
    build: { write: false, lib: { entry: fileURLToPath(entry), formats: ['es'], fileName: 'bundle' } },
  });
  const [output] = Array.isArray(built) ? built : [built];
  if (!output || !('output' in output)) throw new Error('vite returned no output');
  return output.output[0];
}
