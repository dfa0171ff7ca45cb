import { useCallback, useEffect, useRef, useState } from 'react';
import { mayTryAgain } from './try-again.ts';

interface Request<Input, Answer> {
  send: (input: Input) => void;
  /** Returns to the state before the first request. */
  reset: () => void;
  busy: boolean;
  done: boolean;
  error: unknown;
  answer: Answer | undefined;
}

interface State<Answer> {
  busy: boolean;
  done: boolean;
  error?: unknown;
  answer?: Answer;
}

/** Sends a request of a public page on demand. Public pages do not load the query library, which would be a tenth of
 *  their size. The answer to an older request is ignored. */
export function useRequest<Input, Answer>(
  ask: (input: Input) => Promise<Answer>,
  on: { answer?: (answer: Answer) => unknown; error?: (error: unknown) => void } = {},
): Request<Input, Answer> {
  const [state, setState] = useState<State<Answer>>({ busy: false, done: false });
  const latest = useRef({ ask, on, sent: 0 });
  useEffect(() => {
    Object.assign(latest.current, { ask, on });
  });
  const run = useCallback(async (input: Input) => {
    const mine = (latest.current.sent += 1);
    const settle = (next: Partial<State<Answer>>) => {
      if (mine === latest.current.sent) setState({ busy: false, done: false, ...next });
    };
    setState({ busy: true, done: false });
    try {
      const answer = await latest.current.ask(input);
      await latest.current.on.answer?.(answer);
      settle({ done: true, answer });
    } catch (error) {
      latest.current.on.error?.(error);
      settle({ error });
    }
  }, []);
  return {
    error: undefined,
    answer: undefined,
    ...state,
    send: useCallback((input) => void run(input), [run]),
    reset: useCallback(() => {
      latest.current.sent += 1;
      setState({ busy: false, done: false });
    }, []),
  };
}

/** Requests the data of a public page. Repeats a request that failed because of the network.
 *  @param key names the data; without a key nothing is requested */
export function useAnswer<Answer>(key: string | undefined, read: (key: string) => Promise<Answer>) {
  const { answer, error, send } = useRequest(async (wanted: string) => {
    for (let failures = 0; ; failures += 1)
      try {
        return await read(wanted);
      } catch (failure) {
        if (!mayTryAgain(failures, failure)) throw failure;
        await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** failures));
      }
  });
  useEffect(() => {
    if (key !== undefined) send(key);
  }, [key, send]);
  return { answer, error, again: () => key !== undefined && send(key) };
}
