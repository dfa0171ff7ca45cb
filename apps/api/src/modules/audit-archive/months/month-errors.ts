/** Collects the errors of single months while all others are processed. */
export class MonthErrors {
  private readonly errors: Error[] = [];

  add(month: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.errors.push(new Error(`${month}: ${why}`, { cause: error }));
  }

  /** @throws AggregateError naming each failed month and its error, if there is one */
  throwAny(): void {
    if (this.errors.length > 0)
      throw new AggregateError(this.errors, this.errors.map(({ message }) => message).join('; '));
  }
}
