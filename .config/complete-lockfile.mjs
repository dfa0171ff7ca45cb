// npm leaves an optional package out of package-lock.json when the registry in use does not offer it (a mirror without
// the binaries of other platforms, say), and then refuses its own lock file in `npm ci`. This puts such entries back:
// `os`, `cpu` and `libc` are read from the name, so that a package is installed only on its own platform.
//   node .config/complete-lockfile.mjs           after every change of dependencies
//   node .config/complete-lockfile.mjs --check   fails when something is missing
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const packages = lock.packages;

const OS = ['darwin', 'linux', 'win32', 'freebsd', 'netbsd', 'openbsd', 'android', 'sunos', 'aix', 'openharmony'];
const CPU = [
  ['arm64', 'arm64'],
  ['x64', 'x64'],
  ['ia32', 'ia32'],
  ['ppc64', 'ppc64'],
  ['s390x', 's390x'],
  ['riscv64', 'riscv64'],
  ['loong64', 'loong64'],
  ['mips64el', 'mips64el'],
  ['wasm32', 'wasm32'],
  ['arm', 'arm'],
];

function platformOf(name) {
  const tail = name.slice(name.indexOf('/') + 1);
  const os = OS.find((known) => tail.includes(known)) ?? (tail.includes('windows') ? 'win32' : undefined);
  const cpu = CPU.find(([word]) => tail.includes(word))?.[1];
  const libc = tail.includes('musl') ? 'musl' : os === 'linux' && tail.includes('gnu') ? 'glibc' : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(os && { os: [os] }), ...(libc && { libc: [libc] }) };
}

/** Whether a package at `from` would find `name` by walking up the node_modules folders. */
function isFound(from, name) {
  for (let dir = from; ; dir = dir.slice(0, Math.max(0, dir.lastIndexOf('/node_modules/')))) {
    if (packages[`${dir ? `${dir}/` : ''}node_modules/${name}`]) return true;
    if (dir === '' || !dir.includes('/node_modules/')) return Boolean(packages[`node_modules/${name}`]);
  }
}

const missing = [];
for (const [from, manifest] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(manifest.optionalDependencies ?? {})) {
    if (isFound(from, name)) continue;
    const platform = platformOf(name);
    if (!platform.os && !platform.cpu) throw new Error(`${from}: no platform in the name of ${name}`);
    missing.push([
      `node_modules/${name}`,
      { version, ...platform, ...(manifest.dev && { dev: true }), optional: true },
    ]);
  }
}
if (process.argv.includes('--check')) {
  if (missing.length > 0) {
    console.error(`package-lock.json lacks ${missing.length} optional packages: node .config/complete-lockfile.mjs`);
    process.exit(1);
  }
} else if (missing.length > 0) {
  for (const [key, entry] of missing) packages[key] ??= entry;
  const root = packages[''];
  const sorted = Object.entries(packages)
    .filter(([key]) => key !== '')
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  lock.packages = { '': root, ...Object.fromEntries(sorted) };
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`added ${missing.length} optional packages of other platforms to package-lock.json`);
}
