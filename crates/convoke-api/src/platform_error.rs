//! The codes that no machine of the domain has: of requests, of the server, and of a function's runs.

macro_rules! platform_errors {
    ($(#[$doc:meta] $name:ident,)*) => {
        /// What can be wrong outside of the machines' rules.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum PlatformError {
            $(#[$doc] $name,)*
        }

        impl PlatformError {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }
    };
}

platform_errors! {
    /// A body or a parameter is not what the route expects.
    RequestInvalid,
    /// No such route or thing.
    NotFound,
    /// Another method.
    MethodNotAllowed,
    /// Not JSON.
    UnsupportedMediaType,
    /// Too many bytes.
    TooLarge,
    /// It did not arrive in time.
    RequestTimedOut,
    /// Too many requests of one origin.
    TooManyRequests,
    /// A request id that was used for another call.
    RequestReused,
    /// A file that was sent before.
    FileExists,
    /// A file that is not what it is called.
    FileKindWrong,
    /// What somebody else changed meanwhile.
    ChangedMeanwhile,
    /// No valid token.
    AuthRequired,
    /// A valid token that does not allow it.
    Forbidden,
    /// Wrong login name or password.
    LoginFailed,
    /// The clock is real.
    ClockNotMovable,
    /// A reader that does not keep up.
    SubscriptionTooSlow,
    /// No such offer, by its form.
    OfferUnknown,
    /// An offer that is over, or somebody else's.
    OfferOver,
    /// The connection did not ask for the board yet.
    BoardNeeded,
    /// A full mailbox.
    Busy,
    /// Shutting down.
    Stopping,
    /// The storage fails.
    StorageUnavailable,
    /// A stored record cannot be read.
    StorageUnreadable,
    /// The data directory is another process's.
    StorageInUse,
    /// A service that functions know from elsewhere.
    NotEmulated,
    /// A failure of ours.
    Internal,
    /// The source does not parse.
    Syntax,
    /// No `lambda`.
    NoLambda,
    /// A callback that is never called.
    CallbackUnused,
    /// Code made from text.
    EvalNotAllowed,
    /// A module that is not there.
    ModuleNotAvailable,
    /// The top level failed.
    DoesNotLoad,
    /// No such template.
    TemplateUnknown,
    /// No recording of a run.
    RecordingUnknown,
    /// What functions keep cannot be read.
    KeyValuesUnavailable,
    /// A host that may not be called.
    DomainNotAllowed,
    /// The function threw.
    Threw,
    /// Wall time.
    TimedOut,
    /// CPU time.
    CpuExhausted,
    /// Memory.
    OutOfMemory,
    /// Stack.
    StackExhausted,
    /// No answer will come.
    NeverCompletes,
    /// The answer is no JSON.
    ResultInvalid,
    /// The answer is too large.
    ResultTooLarge,
    /// The guest failed.
    Crashed,
    /// No sandbox.
    HostUnavailable,
    /// No room for another run.
    HostBusy,
    /// The version was removed.
    VersionGone,
    /// Functions that call functions without end.
    CallsTooDeep,
    /// A warning: nothing is invoked.
    ControllerBotOff,
}

impl PlatformError {
    /// The stable code that clients match on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RequestInvalid => "request.invalid",
            Self::NotFound => "request.not_found",
            Self::MethodNotAllowed => "request.method_not_allowed",
            Self::UnsupportedMediaType => "request.unsupported_media_type",
            Self::TooLarge => "request.too_large",
            Self::RequestTimedOut => "request.timed_out",
            Self::TooManyRequests => "request.too_many",
            Self::RequestReused => "request.id_reused",
            Self::FileExists => "file.exists",
            Self::FileKindWrong => "file.kind_wrong",
            Self::ChangedMeanwhile => "request.changed_meanwhile",
            Self::AuthRequired => "auth.required",
            Self::Forbidden => "auth.forbidden",
            Self::LoginFailed => "auth.login_failed",
            Self::ClockNotMovable => "clock.not_movable",
            Self::SubscriptionTooSlow => "subscription.too_slow",
            Self::OfferUnknown => "offer.unknown",
            Self::OfferOver => "offer.over",
            Self::BoardNeeded => "board.needed",
            Self::Busy => "node.busy",
            Self::Stopping => "node.stopping",
            Self::StorageUnavailable => "storage.unavailable",
            Self::StorageUnreadable => "storage.unreadable",
            Self::StorageInUse => "storage.in_use",
            Self::NotEmulated => "platform.not_emulated",
            Self::Internal => "node.internal",
            Self::Syntax => "function.syntax",
            Self::NoLambda => "function.no_lambda",
            Self::CallbackUnused => "function.callback_unused",
            Self::EvalNotAllowed => "function.eval_not_allowed",
            Self::ModuleNotAvailable => "function.module_not_available",
            Self::DoesNotLoad => "function.does_not_load",
            Self::TemplateUnknown => "function.template_unknown",
            Self::RecordingUnknown => "recording.unknown",
            Self::KeyValuesUnavailable => "key_value.unavailable",
            Self::DomainNotAllowed => "function.domain_not_allowed",
            Self::Threw => "function.threw",
            Self::TimedOut => "function.timed_out",
            Self::CpuExhausted => "function.cpu_exhausted",
            Self::OutOfMemory => "function.out_of_memory",
            Self::StackExhausted => "function.stack_exhausted",
            Self::NeverCompletes => "function.never_completes",
            Self::ResultInvalid => "function.result_invalid",
            Self::ResultTooLarge => "function.result_too_large",
            Self::Crashed => "function.crashed",
            Self::HostUnavailable => "function.host_unavailable",
            Self::HostBusy => "function.host_busy",
            Self::VersionGone => "function.version_gone",
            Self::CallsTooDeep => "function.calls_too_deep",
            Self::ControllerBotOff => "controller_bot.off",
        }
    }
}
