import { type ArgumentMetadata, StandardSchemaValidationPipe } from '@nestjs/common';
import { ProblemError } from './problem.js';

type Issues = Parameters<
  NonNullable<NonNullable<ConstructorParameters<typeof StandardSchemaValidationPipe>[0]>['exceptionFactory']>
>[0];
type Issue = Issues[number];
interface FieldError {
  path: string;
  message: string;
  code: string;
}

/** A schema's issues with a value, before it is known which part of the request the value was. */
class InvalidValue extends Error {
  constructor(readonly issues: Issues) {
    super('invalid value');
  }
}

/** Validates bodies, queries and path parameters with the schema at the parameter. A 422 names every wrong field. */
class RequestValidation extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues) => new InvalidValue(issues) });
  }

  /** @throws ProblemError validation_failed */
  override async transform<T>(value: T, metadata: ArgumentMetadata): Promise<T> {
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error;
      throw validationFailed(error.issues.flatMap((issue) => fieldErrors(issue, metadata)));
    }
  }
}

export const validationPipe = new RequestValidation();

/** Returns validation_failed for rules that only the use case can check. */
export function validationFailed(errors: FieldError[]): ProblemError {
  return new ProblemError('validation_failed', {
    detail: 'See errors for the fields that are missing or wrong.',
    errors,
  });
}

/** Unknown fields are named like wrong ones. An issue with the whole is reported for `body` or `query`. */
function fieldErrors(issue: Issue, { type, data }: ArgumentMetadata): FieldError[] {
  const keys = (issue.path ?? []).map((key) => String(typeof key === 'object' ? key.key : key));
  const path = data === undefined ? keys : [data, ...keys];
  const code = 'code' in issue && typeof issue.code === 'string' ? issue.code : 'invalid';
  if ('keys' in issue && Array.isArray(issue.keys))
    return issue.keys.map((key) => ({
      path: [...path, String(key)].join('.'),
      message: `Unrecognized key: ${JSON.stringify(key)}`,
      code,
    }));
  return [{ path: path.length > 0 ? path.join('.') : type, message: issue.message, code }];
}
