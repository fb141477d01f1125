//! `Intl.NumberFormat`: decimals, percentages and amounts of money.
//!
//! Where symbol and sign go is learnt by formatting a one in the locale's own pattern; the digits in its place are then
//! those that were asked for.

use fixed_decimal::{Decimal, Sign, SignedRoundingMode, UnsignedRoundingMode};
use icu_decimal::DecimalFormatter;
use icu_decimal::options::{DecimalFormatterOptions, GroupingStrategy};
use icu_experimental::dimension::currency::formatter::CurrencyFormatter;
use icu_experimental::dimension::percent::formatter::PercentFormatter;
use icu_experimental::dimension::percent::options::PercentFormatterOptions;
use icu_locale_core::Locale;
use serde::Deserialize;
use serde_json::json;
use writeable::Writeable;

use super::{Piece, locale, pieces};

/// Digits that a number may be given, as the standard has it.
const DIGITS_MAX: i16 = 100;

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    locale: String,
    /// As JavaScript writes it.
    value: String,
    style: String,
    currency: Option<String>,
    currency_display: Option<String>,
    currency_sign: Option<String>,
    use_grouping: Option<bool>,
    minimum_integer_digits: Option<i16>,
    minimum_fraction_digits: Option<i16>,
    maximum_fraction_digits: Option<i16>,
    minimum_significant_digits: Option<i16>,
    maximum_significant_digits: Option<i16>,
    sign_display: Option<String>,
}

/// Parts of a number, and the digits that its options resolve to, as JSON.
pub(crate) fn number(text: &str) -> Result<Vec<u8>, String> {
    let asked: Asked = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let locale = locale(&asked.locale)?;
    let pattern = Pattern::of(&locale, &asked)?;
    let (least, most) = asked.fraction_digits(pattern.digits)?;
    let written = asked.write(&locale, &pattern, least, most)?;
    let answer = json!({ "parts": written, "minimumFractionDigits": least, "maximumFractionDigits": most });
    Ok(answer.to_string().into_bytes())
}

/// What stands around the digits, for a positive and a negative number, and how many digits are usual after the point.
struct Pattern {
    positive: (String, String),
    negative: (String, String),
    symbol: &'static str,
    digits: (i16, i16),
}

impl Pattern {
    fn of(locale: &Locale, asked: &Asked) -> Result<Self, String> {
        // A currency's name has a plural: then the sample must not be a one.
        let named = asked.currency_display.as_deref() == Some("name");
        let one = Decimal::from(if named && asked.value != "1" { 2 } else { 1 });
        let mut minus = one.clone();
        minus.set_sign(Sign::Negative);
        let failed =
            |error: icu_provider::DataError| format!("the locale {locale} cannot be formatted: {error}");
        match asked.style.as_str() {
            "percent" => {
                let formatter = PercentFormatter::try_new(locale.into(), PercentFormatterOptions::default())
                    .map_err(failed)?;
                let digits =
                    plain(locale, GroupingStrategy::Auto)?.format(&one).write_to_string().into_owned();
                let around = |value| split(&formatter.format(value).write_to_string(), &digits);
                Ok(Self {
                    positive: around(&one),
                    negative: around(&minus),
                    symbol: "percentSign",
                    digits: (0, 0),
                })
            }
            "currency" => Self::money(locale, asked, &one, &minus),
            "decimal" => {
                let formatter = plain(locale, GroupingStrategy::Auto)?;
                let digits = formatter.format(&one).write_to_string().into_owned();
                let around = |value| split(&formatter.format(value).write_to_string(), &digits);
                Ok(Self {
                    positive: around(&one),
                    negative: around(&minus),
                    symbol: "literal",
                    digits: (0, 3),
                })
            }
            other => Err(format!("Value {other} out of range for Intl.NumberFormat options property style")),
        }
    }

    fn money(locale: &Locale, asked: &Asked, one: &Decimal, minus: &Decimal) -> Result<Self, String> {
        use icu_experimental::dimension::currency::options::{CurrencyFormatterOptions, CurrencyUsage};
        let code = asked
            .currency
            .as_deref()
            .ok_or("Currency code is required with currency style.")?
            .to_ascii_uppercase();
        let currency = code.parse().map_err(|_| format!("Invalid currency code : {code}"))?;
        let accounting = asked.currency_sign.as_deref() == Some("accounting");
        let usage = if accounting { CurrencyUsage::Accounting } else { CurrencyUsage::Standard };
        let options = CurrencyFormatterOptions::from(usage);
        let formatter = match asked.currency_display.as_deref() {
            Some("narrowSymbol") => {
                CurrencyFormatter::try_new_symbol_narrow(locale.into(), currency, options)
            }
            Some("code") => CurrencyFormatter::try_new_code(locale.into(), currency, options),
            Some("name") => CurrencyFormatter::try_new_name(locale.into(), currency),
            _ => CurrencyFormatter::try_new_symbol(locale.into(), currency, options),
        };
        let formatter =
            formatter.map_err(|error| format!("the currency {code} cannot be formatted: {error}"))?;
        let sample = formatter.format_fixed_decimal(one).write_to_string().into_owned();
        let plain = plain(locale, GroupingStrategy::Auto)?;
        // As many digits after the point as make the sample's number: 1.00, 1.000, 1.
        for digits in [3, 2, 0, 1, 4] {
            let mut padded = one.clone();
            padded.absolute.pad_end(-digits);
            let shown = plain.format(&padded).write_to_string().into_owned();
            if sample.contains(&shown) {
                let negative = split(&formatter.format_fixed_decimal(minus).write_to_string(), &shown);
                return Ok(Self {
                    positive: split(&sample, &shown),
                    negative,
                    symbol: "currency",
                    digits: (digits, digits),
                });
            }
        }
        Ok(Self {
            positive: (format!("{code}\u{a0}"), String::new()),
            negative: (format!("-{code}\u{a0}"), String::new()),
            symbol: "currency",
            digits: (2, 2),
        })
    }
}

fn plain(locale: &Locale, grouping: GroupingStrategy) -> Result<DecimalFormatter, String> {
    let mut options = DecimalFormatterOptions::default();
    options.grouping_strategy = Some(grouping);
    DecimalFormatter::try_new(locale.into(), options)
        .map_err(|error| format!("the locale {locale} cannot be formatted: {error}"))
}

/// What stands before and after the digits.
fn split(text: &str, digits: &str) -> (String, String) {
    let (before, after) = text.split_once(digits).unwrap_or(("", ""));
    (before.to_owned(), after.to_owned())
}

impl Asked {
    /// The least and most digits after the point.
    fn fraction_digits(&self, usual: (i16, i16)) -> Result<(i16, i16), String> {
        let (least, most) = match (self.minimum_fraction_digits, self.maximum_fraction_digits) {
            (None, None) => usual,
            (Some(least), None) => (least, usual.1.max(least)),
            (None, Some(most)) => (usual.0.min(most), most),
            (Some(least), Some(most)) => (least, most),
        };
        if (0..=DIGITS_MAX).contains(&least) && (least..=DIGITS_MAX).contains(&most) {
            Ok((least, most))
        } else {
            Err("maximumFractionDigits value is out of range.".into())
        }
    }

    fn write(&self, locale: &Locale, pattern: &Pattern, least: i16, most: i16) -> Result<Vec<Piece>, String> {
        let (negative, digits) = match self.value.as_str() {
            "NaN" => (false, vec![Piece { kind: "nan", value: "NaN".into() }]),
            "Infinity" | "-Infinity" => {
                (self.value.starts_with('-'), vec![Piece { kind: "infinity", value: "∞".into() }])
            }
            _ => self.digits(locale, least, most)?,
        };
        let (before, after) = if negative { &pattern.negative } else { &pattern.positive };
        let mut written = around(before, pattern.symbol);
        if !negative && self.sign_display.as_deref() == Some("always") {
            written.insert(0, Piece { kind: "plusSign", value: "+".into() });
        }
        written.extend(digits);
        written.extend(around(after, pattern.symbol));
        Ok(written)
    }

    /// Whether it is below zero, and its digits without a sign.
    fn digits(&self, locale: &Locale, least: i16, most: i16) -> Result<(bool, Vec<Piece>), String> {
        let mut value = decimal(&self.value).ok_or("expected a number")?;
        if self.style == "percent" {
            value.absolute.multiply_pow10(2);
            value.absolute.trim_start();
        }
        let mode = SignedRoundingMode::Unsigned(UnsignedRoundingMode::HalfExpand);
        if let Some(most) =
            self.maximum_significant_digits.or(self.minimum_significant_digits.map(|least| least.max(21)))
        {
            let top = value.absolute.nonzero_magnitude_start();
            value.round_with_mode(top.saturating_sub(most.clamp(1, DIGITS_MAX) - 1), mode);
            value.absolute.trim_end();
            let least = self.minimum_significant_digits.unwrap_or(1).clamp(1, DIGITS_MAX);
            value.absolute.pad_end((top.saturating_sub(least - 1)).min(0));
        } else {
            value.round_with_mode(-most, mode);
            value.absolute.trim_end();
            value.absolute.pad_end(-least);
        }
        if let Some(least) = self.minimum_integer_digits {
            value.absolute.pad_start(least.clamp(1, 21));
        }
        let negative = value.sign == Sign::Negative && self.sign_display.as_deref() != Some("never");
        value.set_sign(Sign::None);
        let grouping =
            if self.use_grouping == Some(false) { GroupingStrategy::Never } else { GroupingStrategy::Auto };
        Ok((negative, pieces(&plain(locale, grouping)?.format(&value))))
    }
}

/// A number as JavaScript writes it (`1e+21` too), by its shortest digits.
fn decimal(text: &str) -> Option<Decimal> {
    if let Ok(exact) = text.parse() {
        return Some(exact);
    }
    let number: f64 = text.parse().ok()?;
    format!("{number}").parse().ok()
}

/// The pieces of what stands before or after the digits.
fn around(text: &str, symbol: &'static str) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    for character in text.chars() {
        let kind = match character {
            '-' | '\u{2212}' => "minusSign",
            '(' | ')' | '\u{200e}' | '\u{200f}' | '\u{61c}' => "literal",
            space if space.is_whitespace() => "literal",
            _ => symbol,
        };
        match out.last_mut() {
            Some(piece) if piece.kind == kind => piece.value.push(character),
            _ => out.push(Piece { kind, value: character.into() }),
        }
    }
    out
}
