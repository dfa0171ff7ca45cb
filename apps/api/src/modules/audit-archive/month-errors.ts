/** What went wrong with single months, while all others are done. */
export class MonthErrors {
  private readonly errors: Error[] = [];

  add(month: string, error: unknown): void {
    const why = error instanceof Error ? error.message : String(error);
    this.errors.push(new Error(`${month}: ${why}`, { cause: error }));
  }

  /** @throws AggregateError that names every month and what is wrong with it, if anything is */
  throwAny(): void {
    if (this.errors.length > 0)
      throw new AggregateError(this.errors, this.errors.map(({ message }) => message).join('; '));
  }
}
