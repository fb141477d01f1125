// Words for how runs end, who caused them, and what became of their commands.

export const runs = {
  state: {
    succeeded: "answered",
    coding_failure: "code failed",
    platform_failure: "platform failed",
    timed_out: "timed out",
    unknown: "no end known",
  },
  source: {
    change: "change of a conversation",
    call: "call",
    function: "call by a function",
    schedule: "schedule",
    test: "test",
  },
  fate: { applied: "applied", ignored: "ignored", no_change: "no change", rejected: "rejected", fenced: "fenced" },
  status: {
    unfired: "not fired",
    pending: "running",
    not_invoked: "nothing ran",
    answered: "answered",
    dropped: "dropped",
    failed: "failed",
  },
};
