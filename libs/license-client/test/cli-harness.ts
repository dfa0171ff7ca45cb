import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PACKAGE, startNode, type Child, type Ended } from './child.js';
import { EMAIL, LicenseServer, PASSWORD } from './license-server.js';

export const MACHINE = '7d3c6a1e-5b0f-4a53-9d53-1c3f8a0c9b11';

interface CliOptions {
  env?: NodeJS.ProcessEnv;
  input?: string;
}

/** The built command line with its own home directory, against a real server. */
export class CliHarness {
  private constructor(
    readonly server: LicenseServer,
    readonly home: string,
  ) {}

  static async start(): Promise<CliHarness> {
    return new CliHarness(await LicenseServer.start(), await mkdtemp(path.join(os.tmpdir(), 'coditect-cli-')));
  }

  async close(): Promise<void> {
    await this.server.close();
    await rm(this.home, { recursive: true });
  }

  get stateFile(): string {
    return path.join(this.home, 'license.json');
  }

  start(args: string[], { env, input }: CliOptions = {}): Child {
    return startNode(path.join(PACKAGE, 'dist', 'cli.js'), args, {
      env: { CODITECT_SERVER: this.server.url, CODITECT_CONFIG_DIR: this.home, CODITECT_MACHINE_ID: MACHINE, ...env },
      cwd: this.home,
      ...(input !== undefined && { input }),
    });
  }

  async run(args: string[], options?: CliOptions): Promise<Ended> {
    return await this.start(args, options).ended;
  }

  /** Runs with --json. Returns the exit code and the printed object. */
  async json(args: string[], options?: CliOptions): Promise<{ exit: Ended['exit']; data: unknown }> {
    const [command = '', ...rest] = args;
    const { exit, stdout } = await this.run([command, '--json', ...rest], options);
    return { exit, data: JSON.parse(stdout) as unknown };
  }

  async signIn(): Promise<void> {
    const { exit, stderr } = await this.run(['login', '--email', EMAIL], { env: { CODITECT_PASSWORD: PASSWORD } });
    if (exit !== 0) throw new Error(stderr);
  }

  async write(name: string, content: string | object): Promise<string> {
    const file = path.join(this.home, name);
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  }

  async state(): Promise<string> {
    return await readFile(this.stateFile, 'utf8');
  }

  /** Makes the kept access token too old, so that the next command must refresh it. */
  async expireAccessToken(): Promise<void> {
    const kept = await this.state();
    await writeFile(this.stateFile, kept.replace(/"accessTokenExpiresAt": \d+/, '"accessTokenExpiresAt": 0'));
  }
}
