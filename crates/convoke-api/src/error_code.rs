//! The registry of error codes: for each its HTTP status, a title and what helps.
//!
//! A code never changes its meaning; texts may. Codes come from the machines' rejections, from [`PlatformError`] and from
//! the fates of commands; a test compares this registry with all of them, and `docs/reference/errors.md` is
//! [`errors_reference`].

mod account;
mod conversation;
mod function;
mod platform;

use std::fmt;
use std::fmt::Write;

use crate::platform_error::PlatformError;

/// A known error code.
#[derive(Clone, Copy)]
pub struct ErrorCode(&'static Entry);

/// What is known of a code.
pub(crate) struct Entry {
    code: &'static str,
    /// `None` for codes that are never the status of an answer.
    status: Option<u16>,
    title: &'static str,
    advice: &'static str,
}

/// A group of the reference.
struct Area {
    title: &'static str,
    about: &'static str,
    entries: &'static [Entry],
}

const AREAS: [Area; 4] = [
    Area {
        title: "Requests and the server",
        about: "What every route can answer, and what concerns the whole server.",
        entries: platform::ENTRIES,
    },
    Area {
        title: "Conversations",
        about: "Refusals of a conversation's rules. Some are also the fate of a function's command: a command that breaks \
                a rule is recorded as rejected with the code, and the other commands of its answer still apply. Three \
                more fates have no code, because nothing is wrong: *ignored* (a command of this type came earlier in the \
                same answer), *no change* (it asks for what already is) and *fenced* (something happened after the trigger \
                that makes it stale; see [fence](../concepts/trigger-settle-hold-fence.md#fence)).",
        entries: conversation::ENTRIES,
    },
    Area {
        title: "Account settings",
        about: "Refusals of an account's rules: skills, hours, users, tokens, texts.",
        entries: account::ENTRIES,
    },
    Area {
        title: "Functions",
        about: "Refusals when a function is saved or deployed, and the ways in which a run can end without an answer; for \
                these see [ways to end](../concepts/sandbox.md#ways-to-end).",
        entries: function::ENTRIES,
    },
];

impl ErrorCode {
    /// All codes, by area.
    pub fn all() -> impl Iterator<Item = Self> {
        AREAS.iter().flat_map(|area| area.entries).map(Self)
    }

    /// The code with this text.
    pub fn find(code: &str) -> Option<Self> {
        Self::all().find(|known| known.code() == code)
    }

    /// Its text: `area.what_is_wrong`.
    pub const fn code(self) -> &'static str {
        self.0.code
    }

    /// The HTTP status of an answer with this code; 500 for one that is never meant to be an answer.
    pub const fn status(self) -> u16 {
        match self.0.status {
            Some(status) => status,
            None => 500,
        }
    }

    /// A few words, the same for every case.
    pub const fn title(self) -> &'static str {
        self.0.title
    }

    /// What helps, in a sentence or two.
    pub const fn advice(self) -> &'static str {
        self.0.advice
    }
}

impl From<PlatformError> for ErrorCode {
    fn from(error: PlatformError) -> Self {
        Self::find(error.code()).expect("every platform error is registered, and a test says so")
    }
}

impl PartialEq for ErrorCode {
    fn eq(&self, other: &Self) -> bool {
        self.code() == other.code()
    }
}

impl Eq for ErrorCode {}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

const INTRODUCTION: &str = "# Error codes\n\n\
    <!-- Generated from the registry in crates/convoke-api/src/error_code.rs: change it there. -->\n\n\
    Every refusal and every failure has a stable code. Over HTTP it is the member `code` of a problem document\n\
    (`application/problem+json`), next to a `title`, a `status` and a `detail` that says what to do about this very case.\n\
    Codes never change their meaning; texts may.\n\n\
    The id of an account, a conversation or a function that belongs to somebody else is answered exactly like one that\n\
    does not exist.\n";

/// The page `docs/reference/errors.md`.
pub fn errors_reference() -> String {
    let mut page = INTRODUCTION.to_owned();
    for area in &AREAS {
        // Writing to a string cannot fail.
        let _ = write!(page, "\n## {}\n\n{}\n", area.title, area.about);
        for entry in area.entries {
            let status = entry.status.map_or_else(String::new, |status| format!("{status}. "));
            let _ = write!(page, "\n## {}\n\n{status}{}. {}\n", entry.code, entry.title, entry.advice);
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// The code literals in the domain: arms of `code` methods and the fates that the Controller Bot's rules give.
    fn codes_in(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                codes_in(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).unwrap();
                let source = source.split("#[cfg(test)]").next().unwrap_or_default();
                for marker in ["=> \"", "rejected(\"", "rejected(\n            \""] {
                    let literals = source.split(marker).skip(1).filter_map(|rest| rest.split('"').next());
                    found.extend(literals.filter(|literal| is_code(literal)).map(str::to_owned));
                }
            }
        }
    }

    fn is_code(text: &str) -> bool {
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        text.split_once('.').is_some_and(|(area, what)| part(area) && part(what))
    }

    #[test]
    fn every_code_of_the_rules_is_registered() {
        let mut codes = BTreeSet::new();
        codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../convoke-domain/src"), &mut codes);
        assert!(codes.len() > 60, "the search found only {codes:?}");
        let unknown: Vec<&String> = codes.iter().filter(|code| ErrorCode::find(code).is_none()).collect();
        assert!(unknown.is_empty(), "not registered: {unknown:?}");
    }

    #[test]
    fn every_registered_code_comes_from_a_rule_or_the_platform() {
        let mut codes = BTreeSet::new();
        codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../convoke-domain/src"), &mut codes);
        codes.extend(PlatformError::ALL.iter().map(|error| error.code().to_owned()));
        let gone: Vec<ErrorCode> = ErrorCode::all().filter(|code| !codes.contains(code.code())).collect();
        assert!(gone.is_empty(), "nothing has these codes: {gone:?}");
    }

    #[test]
    fn every_platform_error_is_registered() {
        for error in PlatformError::ALL {
            assert_eq!(ErrorCode::from(*error).code(), error.code());
        }
    }

    #[test]
    fn codes_are_unique_and_well_formed() {
        let mut seen = BTreeSet::new();
        for code in ErrorCode::all() {
            assert!(is_code(code.code()), "{code}");
            assert!(seen.insert(code.code()), "{code} is there twice");
            assert!((400..600).contains(&code.status()), "{code}");
            assert!(!code.title().ends_with('.') && code.advice().ends_with('.'), "{code}");
        }
    }

    #[test]
    fn the_reference_has_a_section_for_each_code() {
        let page = errors_reference();
        for code in ErrorCode::all() {
            assert!(page.contains(&format!("\n## {code}\n")), "{code}");
        }
    }
}
