// Something read from the server, kept as long as newer is not there. Pages say how; this knows when it failed.

export interface Reading<Value> {
  readonly value: Value | undefined;
  readonly error: unknown;
  /** Reads it again. What was there stays visible until then. */
  again: () => Promise<void>;
  /** Puts in what the server answered to a change. */
  put: (value: Value) => void;
}

/** Whether it was read, or could not be. Where several are shown together, what comes later would push away what is being read. */
export const known = ({ value, error }: Pick<Reading<unknown>, "value" | "error">): boolean => value !== undefined || error !== null;

/** Reads at once, whenever what `read` depends on changes, and every `everyMs` if given. To be called by a component. */
export function reading<Value>(read: () => Promise<Value>, everyMs?: number): Reading<Value> {
  let value = $state.raw<Value | undefined>(undefined);
  let error = $state.raw<unknown>(null);
  // Answers may overtake one another; only the one to the last question counts.
  let asked = 0;

  async function settle(question: Promise<Value>): Promise<void> {
    const mine = (asked += 1);
    try {
      const answer = await question;
      if (mine !== asked) return;
      value = answer;
      error = null;
    } catch (failure) {
      if (mine === asked) error = failure;
    }
  }
  const again = () => settle(read());

  $effect(() => {
    void settle(read());
  });
  $effect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(() => {
      if (!document.hidden) void again();
    }, everyMs);
    return () => clearInterval(timer);
  });

  return {
    get value() {
      return value;
    },
    get error() {
      return error;
    },
    again,
    put: (next) => {
      asked += 1;
      value = next;
      error = null;
    },
  };
}
