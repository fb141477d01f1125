//! Dates and numbers as people write them, by locale and time zone: what `Intl` in the prelude asks the host for.
//!
//! Each call is whole: locale, options and value in, parts out, nothing kept. Patterns come from CLDR through ICU4X, rules
//! of time zones from the bundled database; neither depends on the machine. Left out: calendars other than the Gregorian,
//! units, compact and scientific notation.

mod date;
mod number;

use std::fmt;

use icu_locale_core::Locale;
use serde::Serialize;
use writeable::{Part, PartsWrite, Writeable};

pub(crate) use self::date::{date, time_zone};
pub(crate) use self::number::number;

/// A piece of formatted text and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Piece {
    #[serde(rename = "type")]
    kind: &'static str,
    value: String,
}

fn locale(text: &str) -> Result<Locale, String> {
    Locale::try_from_str(text).map_err(|_| format!("Incorrect locale information provided: {text}"))
}

/// A locale's canonical spelling.
pub(crate) fn canonical(text: &str) -> Result<Vec<u8>, String> {
    locale(text).map(|locale| locale.to_string().into_bytes())
}

/// The parts of what ICU4X writes, under the names that JavaScript has for them.
fn pieces(written: &impl Writeable) -> Vec<Piece> {
    let mut sink = Sink::default();
    // The sink takes everything.
    let _ = written.write_to_parts(&mut sink);
    sink.pieces
}

#[derive(Default)]
struct Sink {
    pieces: Vec<Piece>,
    kinds: Vec<&'static str>,
}

impl fmt::Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let kind = self.kinds.last().copied().unwrap_or("literal");
        match self.pieces.last_mut() {
            Some(piece) if piece.kind == kind && kind != "group" => piece.value.push_str(text),
            _ if text.is_empty() => {}
            _ => self.pieces.push(Piece { kind, value: text.to_owned() }),
        }
        Ok(())
    }
}

impl PartsWrite for Sink {
    type SubPartsWrite = Self;

    fn with_part(&mut self, part: Part, mut write: impl FnMut(&mut Self) -> fmt::Result) -> fmt::Result {
        let outer = self.kinds.last().copied();
        let kind = match (part.category, part.value) {
            ("datetime", "year" | "extendedYear") => "year",
            ("datetime", "month") => "month",
            ("datetime", "day") => "day",
            ("datetime", "weekday") => "weekday",
            ("datetime", "era") => "era",
            ("datetime", "hour") => "hour",
            ("datetime", "minute") => "minute",
            ("datetime", "second") => "second",
            ("datetime", "dayPeriod") => "dayPeriod",
            ("datetime", "timeZoneName") => "timeZoneName",
            // Inside a part of a date, a number's own parts say nothing more; only a second's fraction is one in JavaScript.
            ("decimal", "fraction") if outer == Some("second") => "fractionalSecond",
            ("decimal", "decimal") if outer == Some("second") => "literal",
            ("decimal", _) if outer.is_some_and(|outer| !matches!(outer, "integer" | "fraction")) => {
                outer.unwrap_or("literal")
            }
            ("decimal", "integer") => "integer",
            ("decimal", "fraction") => "fraction",
            ("decimal", "decimal") => "decimal",
            ("decimal", "group") => "group",
            ("decimal", "minusSign") => "minusSign",
            ("decimal", "plusSign") => "plusSign",
            _ => outer.unwrap_or("literal"),
        };
        self.kinds.push(kind);
        let written = write(self);
        self.kinds.pop();
        written
    }
}
