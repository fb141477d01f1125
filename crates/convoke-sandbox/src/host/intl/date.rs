//! `Intl.DateTimeFormat`: from JavaScript's options to a semantic field set.

use icu_calendar::Gregorian;
use icu_datetime::fieldsets::builder::{DateFields, FieldSetBuilder, ZoneStyle};
use icu_datetime::fieldsets::enums::CompositeFieldSet;
use icu_datetime::options::{Alignment, Length, SubsecondDigits, TimePrecision, YearStyle};
use icu_datetime::{DateTimeFormatterPreferences, FixedCalendarDateTimeFormatter};
use icu_locale_core::Locale;
use icu_locale_core::preferences::extensions::unicode::keywords::HourCycle;
use icu_time::ZonedDateTime;
use icu_time::zone::TimeZoneInfo;
use icu_time::zone::models::AtTime;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::Deserialize;

use super::{Piece, locale, pieces};

/// Languages whose all-numeric date has no leading zeros, although the short style that it is taken from has.
const UNPADDED: [&str; 8] = ["da", "de", "id", "ja", "nb", "nl", "no", "vi"];

/// Languages whose hours have no leading zeros by default, although the library's pattern has.
const UNPADDED_HOURS: [&str; 1] = ["es"];
/// Languages in which the library cannot write a year with a spelled-out month.
const BROKEN_YEAR_MONTH: [&str; 1] = ["pt"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Clone, Default)]
struct Asked {
    locale: String,
    /// Milliseconds since 1970.
    at: f64,
    time_zone: String,
    date_style: Option<String>,
    time_style: Option<String>,
    weekday: Option<String>,
    era: Option<String>,
    year: Option<String>,
    month: Option<String>,
    day: Option<String>,
    hour: Option<String>,
    minute: Option<String>,
    second: Option<String>,
    fractional_second_digits: Option<u8>,
    time_zone_name: Option<String>,
    hour12: Option<bool>,
    hour_cycle: Option<String>,
}

/// The parts of a date, as JSON. Options are those of JavaScript, resolved by the prelude.
pub(crate) fn date(text: &str) -> Result<Vec<u8>, String> {
    let asked: Asked = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let locale = locale(&asked.locale)?;
    let written = match asked.apart() {
        None => asked.write(&locale)?,
        Some((date, time)) => {
            let mut written = date.write(&locale)?;
            written.push(Piece { kind: "literal", value: ", ".into() });
            written.extend(time.write(&locale)?);
            written
        }
    };
    serde_json::to_vec(&written).map_err(|error| error.to_string())
}

/// Whether a time zone is known: its name as the database spells it.
pub(crate) fn time_zone(name: &str) -> Result<Vec<u8>, String> {
    let zone = zone(name)?;
    Ok(zone.iana_name().unwrap_or(name).as_bytes().to_vec())
}

fn zone(name: &str) -> Result<TimeZone, String> {
    if name.eq_ignore_ascii_case("utc") {
        return Ok(TimeZone::UTC);
    }
    let bad = || format!("Invalid time zone specified: {name}");
    if let Some((sign, digits)) = name.split_at_checked(1).filter(|(sign, _)| matches!(*sign, "+" | "-")) {
        let digits = digits.replace(':', "");
        let (hours, minutes) = digits.split_at_checked(2).ok_or_else(bad)?;
        let hours: i32 = hours.parse().map_err(|_| bad())?;
        let minutes: i32 = if minutes.is_empty() { 0 } else { minutes.parse().map_err(|_| bad())? };
        if hours > 23 || minutes > 59 {
            return Err(bad());
        }
        let seconds = (hours * 60 + minutes) * 60;
        return Ok(TimeZone::fixed(
            Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).map_err(|_| bad())?,
        ));
    }
    TimeZone::get(name).map_err(|_| bad())
}

fn at(milliseconds: f64) -> Option<Timestamp> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "JavaScript's dates are whole milliseconds; others saturate and are refused"
    )]
    let whole = milliseconds.floor() as i64;
    if milliseconds.is_finite() { Timestamp::from_millisecond(whole).ok() } else { None }
}

/// Takes the day and what joins it to the rest out of a date.
fn without_day(written: &mut Vec<Piece>) {
    if let Some(day) = written.iter().position(|piece| piece.kind == "day") {
        let joined = written.get(day + 1).is_some_and(|piece| piece.kind == "literal");
        written.drain(day..=day + usize::from(joined));
    }
}

fn unpad(piece: &mut Piece) {
    if let Some(digit) = piece.value.strip_prefix('0').filter(|digit| !digit.is_empty()) {
        piece.value = digit.to_owned();
    }
}

impl Asked {
    /// A year or month without a day beside a time of day: the library writes only either, so they are written one by one.
    fn apart(&self) -> Option<(Self, Self)> {
        let time = self.hour.is_some() || self.minute.is_some() || self.second.is_some();
        let period = self.day.is_none() && (self.year.is_some() || self.month.is_some());
        if !time || !period {
            return None;
        }
        let date = Self { hour: None, minute: None, second: None, time_zone_name: None, ..self.clone() };
        let time = Self { year: None, month: None, weekday: None, era: None, ..self.clone() };
        Some((date, time))
    }

    fn write(&self, locale: &Locale) -> Result<Vec<Piece>, String> {
        let mut preferences = DateTimeFormatterPreferences::from(locale);
        if let Some(cycle) = self.hour_cycle() {
            preferences.hour_cycle = Some(cycle);
        }
        let withheld_day = self.needs_day(locale);
        let fields = if withheld_day {
            Self { day: Some("numeric".into()), ..self.clone() }.fields()
        } else {
            self.fields()
        }?;
        let formatter =
            FixedCalendarDateTimeFormatter::<Gregorian, CompositeFieldSet>::try_new(preferences, fields)
                .map_err(|error| format!("the locale {locale} cannot be formatted: {error}"))?;
        let at = at(self.at).ok_or("Invalid time value")?.to_zoned(zone(&self.time_zone)?);
        let at: ZonedDateTime<Gregorian, TimeZoneInfo<AtTime>> = (&at).into();
        let mut written = pieces(&formatter.format(&at));
        let language = locale.id.language.as_str();
        if self.is_unpadded() && UNPADDED.contains(&language) {
            written.iter_mut().filter(|piece| matches!(piece.kind, "day" | "month")).for_each(unpad);
        }
        if self.hour.as_deref() == Some("numeric")
            && (self.hour12.is_some() || UNPADDED_HOURS.contains(&language))
        {
            written.iter_mut().filter(|piece| piece.kind == "hour").for_each(unpad);
        }
        if withheld_day {
            without_day(&mut written);
        }
        Ok(written)
    }

    /// Whether year and month must be taken from a whole date: the library's own pattern for the two is broken there.
    fn needs_day(&self, locale: &Locale) -> bool {
        let spelled = self.month.as_deref() == Some("long");
        spelled
            && self.year.is_some()
            && self.day.is_none()
            && self.date_style.is_none()
            && BROKEN_YEAR_MONTH.contains(&locale.id.language.as_str())
    }

    fn hour_cycle(&self) -> Option<HourCycle> {
        match (self.hour12, self.hour_cycle.as_deref()) {
            (Some(true), _) => Some(HourCycle::Clock12),
            (None, Some("h11")) => Some(HourCycle::H11),
            (None, Some("h12")) => Some(HourCycle::H12),
            (Some(false), _) | (None, Some("h23" | "h24")) => Some(HourCycle::H23),
            (None, _) => None,
        }
    }

    /// Whether the date is all digits, without a request to fill them up to two.
    fn is_unpadded(&self) -> bool {
        let numeric = |field: &Option<String>| field.as_deref() == Some("numeric");
        self.date_style.is_none() && numeric(&self.month) && self.day.as_deref() != Some("2-digit")
    }

    fn fields(&self) -> Result<CompositeFieldSet, String> {
        let mut builder = FieldSetBuilder::new();
        if self.date_style.is_some() || self.time_style.is_some() {
            self.styles(&mut builder);
        } else {
            self.components(&mut builder);
        }
        builder.build_composite().map_err(|error| format!("these options cannot be combined: {error}"))
    }

    fn styles(&self, builder: &mut FieldSetBuilder) {
        let length = match self.date_style.as_deref() {
            Some("full" | "long") => Length::Long,
            Some("medium") => Length::Medium,
            _ => Length::Short,
        };
        builder.length = Some(length);
        builder.date_fields = self
            .date_style
            .as_deref()
            .map(|style| if style == "full" { DateFields::YMDE } else { DateFields::YMD });
        let time = self.time_style.as_deref();
        builder.time_precision =
            time.map(|style| if style == "short" { TimePrecision::Minute } else { TimePrecision::Second });
        builder.zone_style = match time {
            Some("full") => Some(ZoneStyle::SpecificLong),
            Some("long") => Some(ZoneStyle::SpecificShort),
            _ => None,
        };
    }

    fn components(&self, builder: &mut FieldSetBuilder) {
        let has = (self.year.is_some(), self.month.is_some(), self.day.is_some(), self.weekday.is_some());
        builder.date_fields = match has {
            (_, true, true, true) if has.0 => Some(DateFields::YMDE),
            (true, _, true, _) => Some(if has.3 { DateFields::YMDE } else { DateFields::YMD }),
            (true, true, false, _) => Some(DateFields::YM),
            (true, false, false, _) => Some(DateFields::Y),
            (false, true, true, true) => Some(DateFields::MDE),
            (false, true, true, false) => Some(DateFields::MD),
            (false, true, false, _) => Some(DateFields::M),
            (false, false, true, true) => Some(DateFields::DE),
            (false, false, true, false) => Some(DateFields::D),
            (false, false, false, true) => Some(DateFields::E),
            (false, false, false, false) => None,
        };
        let named = self.month.as_deref().or(self.weekday.as_deref());
        builder.length = Some(match named {
            Some("long") => Length::Long,
            Some("short" | "narrow") => Length::Medium,
            _ => Length::Short,
        });
        if has.0 {
            builder.year_style = match (self.era.is_some(), self.year.as_deref(), builder.length) {
                (true, ..) => Some(YearStyle::WithEra),
                // Only short dates have short years unless told otherwise.
                (false, Some("numeric"), Some(Length::Short)) => Some(YearStyle::Full),
                (false, ..) => None,
            };
        }
        self.time(builder);
        let padded = |field: &Option<String>| field.as_deref() == Some("2-digit");
        let day = builder.date_fields.is_some() && (padded(&self.day) || padded(&self.month));
        if day || builder.time_precision.is_some() && padded(&self.hour) {
            builder.alignment = Some(Alignment::Column);
        }
        builder.zone_style = self.time_zone_name.as_deref().map(|style| match style {
            "long" => ZoneStyle::SpecificLong,
            "shortOffset" => ZoneStyle::LocalizedOffsetShort,
            "longOffset" => ZoneStyle::LocalizedOffsetLong,
            "shortGeneric" => ZoneStyle::GenericShort,
            "longGeneric" => ZoneStyle::GenericLong,
            _ => ZoneStyle::SpecificShort,
        });
    }

    fn time(&self, builder: &mut FieldSetBuilder) {
        builder.time_precision = match (self.hour.is_some(), self.minute.is_some(), self.second.is_some()) {
            (_, _, true) => Some(match self.fractional_second_digits {
                Some(1) => TimePrecision::Subsecond(SubsecondDigits::S1),
                Some(2) => TimePrecision::Subsecond(SubsecondDigits::S2),
                Some(3) => TimePrecision::Subsecond(SubsecondDigits::S3),
                _ => TimePrecision::Second,
            }),
            (_, true, false) => Some(TimePrecision::Minute),
            (true, false, false) => Some(TimePrecision::Hour),
            (false, false, false) => None,
        };
    }
}
