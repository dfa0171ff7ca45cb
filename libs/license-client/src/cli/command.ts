import { parseArgs, type ParseArgsConfig } from 'node:util';
import { Context, type Io } from './context.js';
import { UsageError } from './exit-codes.js';

/** The output of a command: `data` with --json, otherwise `text`. */
export interface Report {
  data: object;
  text: string;
  exitCode?: number;
}

export interface Command {
  summary: string;
  /** The arguments after the command's name. */
  usage: string;
  /** Lines that explain the options. */
  help: string;
  /** Returns a report, or only an exit code if there is nothing to print. */
  execute(args: string[], io: Io): Promise<Report | number>;
}

type Options = NonNullable<ParseArgsConfig['options']>;

export const commonOptions = {
  server: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies Options;

type Values<Own extends Options> = ReturnType<
  typeof parseArgs<{ options: Own & typeof commonOptions; allowPositionals: true }>
>['values'];

/** Builds a command whose `run` gets its parsed options. */
export function command<const Own extends Options>(spec: {
  summary: string;
  usage: string;
  help: string;
  options: Own;
  run(context: Context, values: Values<Own>, positionals: string[]): Promise<Report | number>;
}): Command {
  return {
    summary: spec.summary,
    usage: spec.usage,
    help: spec.help,
    async execute(args, io) {
      const options = { ...commonOptions, ...spec.options };
      const { values, positionals } = parse({
        args: withDashedValues(args, options),
        options,
        allowPositionals: true,
      });
      return await spec.run(new Context(io, values), values, positionals);
    },
  };
}

/** Joins an option and its value if the value begins with a dash. A base64url hash does so in one of 64 cases. An
 *  argument that is an option of the command is never taken for a value. */
function withDashedValues(args: readonly string[], options: Options): string[] {
  const isOption = (arg: string) => arg === '-h' || options[arg.slice(2).split('=', 1)[0]!] !== undefined;
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1) ?? '';
    const wantsValue = before.startsWith('--') && options[before.slice(2)]?.type === 'string';
    if (wantsValue && arg.startsWith('-') && !isOption(arg)) joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}

function parse<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'the arguments cannot be read', { cause: error });
  }
}

/** @throws {UsageError} if there are positional arguments */
export function takesNoArguments(positionals: string[]): void {
  if (positionals.length > 0) throw new UsageError(`unexpected argument: ${positionals[0]}`);
}
