import { z } from 'zod';

const Id = z.string().min(1).max(128);

/** An error in a log line, without the request or row that it was about. */
export interface LoggedError {
  type: string;
  message: string;
  stack?: string | undefined;
  code?: string | undefined;
  cause?: LoggedError | string | undefined;
  errors?: (LoggedError | string)[] | undefined;
}
const LoggedError: z.ZodType<LoggedError> = z.strictObject({
  type: z.string(),
  message: z.string(),
  stack: z.string().optional(),
  code: z.string().optional(),
  cause: z.union([z.lazy(() => LoggedError), z.string()]).optional(),
  errors: z.array(z.union([z.lazy(() => LoggedError), z.string()])).optional(),
});

/** A log line. The optional fields are those of a request or job. Other fields may follow. */
export const LogLine = z.looseObject({
  timestamp: z.iso.datetime(),
  level: z.enum(['FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE']),
  /** The part of the program that writes it. */
  logger: z.string().min(1),
  message: z.string().min(1),
  tenant_id: z.uuid().optional(),
  user_id: z.uuid().optional(),
  machine_id: Id.optional(),
  session_id: z.uuid().optional(),
  request_id: Id.optional(),
  trace_id: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional(),
  duration_ms: z.number().nonnegative().optional(),
  err: z.union([LoggedError, z.string()]).optional(),
});

/** The line about a finished request. */
export const AccessLine = LogLine.extend({
  logger: z.literal('http'),
  request_id: Id,
  duration_ms: z.number().nonnegative(),
  method: z.string(),
  /** The pattern of the route; `unmatched` if no route matches. */
  route: z.string(),
  /** Missing if the client disconnected before the response. */
  status: z.int().min(100).max(599).optional(),
  ip: z.string().optional(),
});
