/** Runs pieces of work one after the other. Each can be aborted by its caller, and all of them at once. */
export class Turns {
  readonly #waiting = new Set<AbortController>();
  #last: Promise<unknown> = Promise.resolve();

  /** @param changed called whenever `busy` may have changed */
  constructor(private readonly changed: () => void) {}

  get busy(): boolean {
    return this.#waiting.size > 0;
  }

  /**
   * @param work gets a signal that tells it to stop at the next opportunity
   * @param callerSignal when aborted, rejects the returned promise at once with its reason, even if the work still runs
   */
  async take<Result>(work: (signal: AbortSignal) => Promise<Result>, callerSignal?: AbortSignal): Promise<Result> {
    callerSignal?.throwIfAborted();
    const controller = new AbortController();
    this.#waiting.add(controller);
    this.changed();
    const turn = this.#run(work, controller);
    this.#last = turn.catch(() => undefined);
    return callerSignal ? await orAborted(turn, callerSignal, controller) : await turn;
  }

  /** Tells all work to stop, and waits until it has stopped. */
  async abort(reason: Error): Promise<void> {
    for (const controller of this.#waiting) controller.abort(reason);
    await this.#last;
  }

  async #run<Result>(work: (signal: AbortSignal) => Promise<Result>, controller: AbortController): Promise<Result> {
    await this.#last;
    try {
      controller.signal.throwIfAborted();
      return await work(controller.signal);
    } finally {
      this.#waiting.delete(controller);
      this.changed();
    }
  }
}

function orAborted<Result>(work: Promise<Result>, signal: AbortSignal, controller: AbortController): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      controller.abort(signal.reason);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
