//! The shape of every machine: what a command causes, what an event changes, which work a change asks for.

/// A pure state machine. Time, settings and identity arrive in the context; nothing here waits, reads or writes.
pub trait Decider {
    /// What the machine remembers.
    type State;
    /// What someone wants.
    type Command;
    /// What happened; never changed once recorded.
    type Event;
    /// Data captured by the shell: the time, the account's settings.
    type Context<'a>;
    /// An expected refusal by the rules.
    type Rejection;

    /// The state before the first event.
    fn initial() -> Self::State;

    /// What `command` causes in `state`; an empty list is a no-op.
    ///
    /// # Errors
    /// The rule that refuses the command.
    fn decide(
        state: &Self::State,
        command: Self::Command,
        context: &Self::Context<'_>,
    ) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// The state after `event`. Total: never fails, never decides.
    fn evolve(state: Self::State, event: &Self::Event) -> Self::State;
}
