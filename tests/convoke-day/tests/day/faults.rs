//! Ways in which a rule can be misunderstood. Each is a variant of the reference model: with one of them switched on, the
//! comparison has to find a difference, or it would not see that fault in the engine either.

/// A rule, misunderstood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    RepeatOffByOne,
    FiredOnceAndForAll,
    HolidayIgnored,
    SummerTimeIgnored,
    BackToQueueOnTransfer,
    QueueTimeCountsOffHours,
    SilenceOfConsumersCountsStaffedTime,
    AgentIdleFromLastConsumerLine,
    AutomaticLinesAreAnswers,
    PrivateLinesAreAnswers,
    TransferKeepsTheQueueTime,
    UrgentTwiceFiresTwice,
    ReadersAreAnnounced,
    ReadersDoNotRestartAutoClose,
    AutoCloseDespitePromise,
    AutoCloseOnTheBrandsTurn,
    ReopeningWithin48HoursFires,
    ReopeningOfAnonymousIsSilent,
    FortyEightHoursForAnyClose,
    EverybodyIsNew,
    OffHoursLineWhateverTheOpening,
    OffHoursMessageForEachLine,
    DeadlineCountsOffHours,
    DeadlineFromLastConsumerLine,
    DepthOneMore,
    GraceForgotten,
    RetriedLineCountsTwice,
    BotOffStillFires,
    CausesAreForgotten,
}

impl Fault {
    /// All of them, each with what somebody who made it would say.
    pub(crate) const ALL: [(Self, &'static str); 29] = [
        (Self::RepeatOffByOne, "an idle timer with n repeats fires n + 1 times"),
        (Self::FiredOnceAndForAll, "what has fired as often as it may is silent for a new base, too"),
        (Self::HolidayIgnored, "special occasions change nothing"),
        (Self::SummerTimeIgnored, "a zone keeps the offset that it had in March"),
        (Self::BackToQueueOnTransfer, "a transfer to another skill is a return to the queue, too"),
        (Self::QueueTimeCountsOffHours, "waiting in the queue counts at night"),
        (
            Self::SilenceOfConsumersCountsStaffedTime,
            "a consumer's silence counts only while somebody is at work",
        ),
        (
            Self::AgentIdleFromLastConsumerLine,
            "an agent is waited for from the consumer's last line, not the first",
        ),
        (Self::AutomaticLinesAreAnswers, "a line of the Controller Bot answers the consumer"),
        (Self::PrivateLinesAreAnswers, "a line that only agents see answers the consumer"),
        (Self::TransferKeepsTheQueueTime, "the time in the queue goes on over a transfer"),
        (Self::UrgentTwiceFiresTwice, "marking as urgent fires however often it is done"),
        (Self::ReadersAreAnnounced, "a reader who joins is another agent"),
        (Self::ReadersDoNotRestartAutoClose, "readers do not restart the auto-close"),
        (Self::AutoCloseDespitePromise, "a promised deadline does not keep a conversation open"),
        (Self::AutoCloseOnTheBrandsTurn, "a conversation is closed although the brand owes the answer"),
        (
            Self::ReopeningWithin48HoursFires,
            "coming back after an auto-close is a new conversation like others",
        ),
        (Self::ReopeningOfAnonymousIsSilent, "the 48 hours hold for anonymous consumers, too"),
        (Self::FortyEightHoursForAnyClose, "the 48 hours hold however the conversation was closed"),
        (Self::EverybodyIsNew, "each conversation is its consumer's first"),
        (
            Self::OffHoursLineWhateverTheOpening,
            "a line in off-hours fires in conversations opened in off-hours",
        ),
        (Self::OffHoursMessageForEachLine, "each line in off-hours gets the automatic message"),
        (Self::DeadlineCountsOffHours, "the time to respond runs at night"),
        (
            Self::DeadlineFromLastConsumerLine,
            "the time to respond begins anew with each line of the consumer",
        ),
        (Self::DepthOneMore, "a chain of causes may be nine deep"),
        (Self::GraceForgotten, "agents who do not come back keep their conversations"),
        (Self::RetriedLineCountsTwice, "a line that is sent again is another line"),
        (Self::BotOffStillFires, "changes fire while the Controller Bot is off"),
        (Self::CausesAreForgotten, "what a function causes counts as somebody's own act"),
    ];
}
