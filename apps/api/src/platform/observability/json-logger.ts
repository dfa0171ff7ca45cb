import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Level, pino, type Logger as Pino } from 'pino';
import { redacted, redactedText } from './log-redaction.js';
import { requestStore } from '../request-context.js';
import { currentTraceId } from './tracing.js';

/** The logger name of lines for which Nest gives none. */
const UNNAMED = 'app';

/**
 * Nest's logger. Writes one JSON object per line (`LogLine`), with the fields of the running request or job and without
 * secrets. A message is a text, or an object whose `msg` is the text and whose other members become fields of the line.
 */
export class JsonLogger implements LoggerService {
  private readonly pino: Pino;

  constructor(level: string, destination: DestinationStream) {
    this.pino = pino(
      {
        level,
        base: null,
        messageKey: 'message',
        serializers: { err: (already: unknown) => already },
        timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
        formatters: { level: (label) => ({ level: label.toUpperCase() }) },
      },
      destination,
    );
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }
  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }
  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }
  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }
  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }
  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the logger name as the last argument, and for an error its stack before that. */
  private write(level: Level, message: unknown, rest: unknown[]): void {
    if (!this.pino.isLevelEnabled(level)) return;
    const [last] = rest.slice(-1);
    const logger = typeof last === 'string' && !last.includes('\n') ? last : UNNAMED;
    const { msg, err, ...fields } = fieldsOf(message);
    const [stack] = rest.filter((text) => typeof text === 'string' && text.includes('\n'));
    const error = err ?? (stack === undefined ? undefined : stack);
    this.pino[level](
      {
        logger,
        ...runningFields(),
        ...Object(redacted(fields)),
        ...(error === undefined ? {} : { err: redacted(error) }),
      },
      redactedText(String(msg)),
    );
  }
}

function fieldsOf(message: unknown): { msg: unknown; err?: unknown } {
  if (message instanceof Error) return { msg: message.message, err: message };
  if (typeof message !== 'object' || message === null) return { msg: message };
  return { msg: 'no message', ...message };
}

/** The fields of the running request or job. */
function runningFields(): Record<string, string | undefined> {
  const context = requestStore.getStore();
  const { logContext } = context ?? {};
  return {
    tenant_id: context?.tenantId ?? logContext?.tenantId,
    user_id: context?.actor?.userId ?? logContext?.userId,
    machine_id: logContext?.machineId,
    session_id: logContext?.sessionId,
    request_id: context?.requestId,
    trace_id: currentTraceId(),
  };
}
