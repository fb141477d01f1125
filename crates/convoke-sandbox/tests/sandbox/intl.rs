//! Dates and numbers by locale and time zone, against what other runtimes write.

use serde_json::{Value, json};

use crate::support::value;

/// What an expression gives, with the narrow and wide unbreakable spaces of the patterns written as plain ones.
async fn plain(body: &str) -> Value {
    let text = value(body).await.to_string().replace(['\u{202f}', '\u{a0}'], " ");
    serde_json::from_str(&text).unwrap()
}

/// One date in ten usual locales.
async fn in_locales(options: &str, method: &str) -> Value {
    plain(&format!(
        "const d = new Date(Date.UTC(2026, 2, 1, 9, 5, 7, 45)); return ['en-US', 'en-GB', 'de-DE', 'fr-FR', 'es-ES', 'pt-BR', 'nl-NL', 'ja-JP', 'zh-CN'].map((l) => d.{method}(l, {options}));"
    ))
    .await
}

#[tokio::test]
async fn dates_have_their_locales_order_and_digits() {
    assert_eq!(
        in_locales("undefined", "toLocaleDateString").await,
        json!([
            "3/1/2026",
            "01/03/2026",
            "1.3.2026",
            "01/03/2026",
            "1/3/2026",
            "01/03/2026",
            "1-3-2026",
            "2026/3/1",
            "2026/3/1"
        ])
    );
    assert_eq!(
        in_locales(
            "{ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }",
            "toLocaleDateString"
        )
        .await,
        json!([
            "Sunday, March 1, 2026",
            "Sunday, 1 March 2026",
            "Sonntag, 1. März 2026",
            "dimanche 1 mars 2026",
            "domingo, 1 de marzo de 2026",
            "domingo, 1 de março de 2026",
            "zondag 1 maart 2026",
            "2026年3月1日日曜日",
            "2026年3月1日星期日"
        ])
    );
    assert_eq!(
        in_locales("{ month: 'long', year: 'numeric' }", "toLocaleDateString").await,
        json!([
            "March 2026",
            "March 2026",
            "März 2026",
            "mars 2026",
            "marzo de 2026",
            "março de 2026",
            "maart 2026",
            "2026年3月",
            "2026年3月"
        ])
    );
}

#[tokio::test]
async fn times_follow_zone_cycle_and_daylight_saving() {
    assert_eq!(
        in_locales("{ timeZone: 'America/New_York' }", "toLocaleString").await,
        json!([
            "3/1/2026, 4:05:07 AM",
            "01/03/2026, 04:05:07",
            "1.3.2026, 04:05:07",
            "01/03/2026 04:05:07",
            "1/3/2026, 4:05:07",
            "01/03/2026, 04:05:07",
            "1-3-2026, 04:05:07",
            "2026/3/1 4:05:07",
            "2026/3/1 04:05:07"
        ])
    );
    let body = "const at = (month, options) => new Date(Date.UTC(2026, month, 1, 12)).toLocaleTimeString('en-US', options);
        return [at(0, { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit', hour12: false }), at(6, { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit', hour12: false }),
            at(0, { timeZone: 'America/New_York', timeStyle: 'long' }), at(6, { timeZone: 'America/New_York', timeStyle: 'full' }), at(0, { timeZone: '+05:30', timeStyle: 'short' })];";
    assert_eq!(
        plain(body).await,
        json!(["13:00", "14:00", "7:00:00 AM EST", "8:00:00 AM Eastern Daylight Time", "5:30 PM"])
    );
}

#[tokio::test]
async fn parts_and_resolved_options_tell_what_was_done() {
    let body = "const f = new Intl.DateTimeFormat('en-US', { timeZone: 'america/new_york', hour: 'numeric', minute: '2-digit' }); const d = new Date(Date.UTC(2026, 2, 1, 18, 5));
        const o = f.resolvedOptions(); return [f.formatToParts(d).map((p) => p.type + '=' + p.value), o.locale, o.timeZone, o.hour12, Intl.DateTimeFormat().resolvedOptions().timeZone, typeof Intl.DateTimeFormat('de').format(0)];";
    assert_eq!(
        plain(body).await,
        json!([
            ["hour=1", "literal=:", "minute=05", "literal= ", "dayPeriod=PM"],
            "en-US",
            "America/New_York",
            true,
            "UTC",
            "string"
        ])
    );
    let body = "const parts = new Intl.NumberFormat('de-DE', { style: 'currency', currency: 'EUR' }).formatToParts(-1234.5); const o = new Intl.NumberFormat('en', { style: 'currency', currency: 'JPY' }).resolvedOptions();
        return [parts.map((p) => p.type), o.maximumFractionDigits, o.currency];";
    assert_eq!(
        plain(body).await,
        json!([
            ["minusSign", "integer", "group", "integer", "decimal", "fraction", "literal", "currency"],
            0,
            "JPY"
        ])
    );
}

#[tokio::test]
async fn numbers_percentages_and_amounts_are_written_as_the_locale_does() {
    let body = "return ['en-US', 'de-DE', 'fr-FR', 'pt-BR', 'nl-NL', 'ja-JP'].map((l) => [(1234567.891).toLocaleString(l), (0.256).toLocaleString(l, { style: 'percent', maximumFractionDigits: 1 }), (1234.5).toLocaleString(l, { style: 'currency', currency: 'EUR' })]);";
    assert_eq!(
        plain(body).await,
        json!([
            ["1,234,567.891", "25.6%", "€1,234.50"],
            ["1.234.567,891", "25,6 %", "1.234,50 €"],
            ["1 234 567,891", "25,6 %", "1 234,50 €"],
            ["1.234.567,891", "25,6%", "€ 1.234,50"],
            ["1.234.567,891", "25,6%", "€ 1.234,50"],
            ["1,234,567.891", "25.6%", "€1,234.50"]
        ])
    );
}

#[tokio::test]
async fn digits_grouping_signs_and_rounding_follow_the_options() {
    let body = "const n = (v, o) => v.toLocaleString('en-US', o); return [n(1234.5, { minimumFractionDigits: 2 }), n(2.345, { maximumFractionDigits: 2 }), n(1234, { useGrouping: false }), n(0.00001234, { maximumSignificantDigits: 2 }), n(-1234.5, { style: 'currency', currency: 'USD' }),
        n(-5, { style: 'currency', currency: 'USD', currencySign: 'accounting' }), n(1e21), n(NaN), n(-Infinity), n(12345678901234567890n), n(7, { minimumIntegerDigits: 2 }), n(3, { signDisplay: 'always' }), n(1.5, { style: 'currency', currency: 'EUR', maximumFractionDigits: 0 }), n(2, { style: 'currency', currency: 'USD', currencyDisplay: 'name' }), n(1234.5, { style: 'currency', currency: 'JPY' })];";
    assert_eq!(
        plain(body).await,
        json!([
            "1,234.50",
            "2.35",
            "1234",
            "0.000012",
            "-$1,234.50",
            "($5.00)",
            "1,000,000,000,000,000,000,000",
            "NaN",
            "-∞",
            "12,345,678,901,234,567,890",
            "07",
            "+3",
            "€2",
            "2.00 US dollars",
            "¥1,235"
        ])
    );
}

#[tokio::test]
async fn bad_locales_zones_dates_and_options_are_errors_of_their_kind() {
    let body = "const e = (f) => { try { f(); return 'fine'; } catch (x) { return x.name; } };
        return [e(() => new Intl.DateTimeFormat('not a locale')), e(() => new Intl.DateTimeFormat('en', { timeZone: 'Mars/Base' })), e(() => new Intl.DateTimeFormat('en').format(NaN)), e(() => new Intl.DateTimeFormat('en').format(8.64e15)),
            e(() => (1).toLocaleString('en', { style: 'currency' })), e(() => (1).toLocaleString('en', { style: 'currency', currency: 'XX' })), e(() => (1).toLocaleString('en', { maximumFractionDigits: 101 })), e(() => new Intl.DateTimeFormat('en', { month: 'tiny' })),
            e(() => new Intl.DateTimeFormat('en', { dateStyle: 'short', day: 'numeric' })), new Date(NaN).toLocaleString(), e(() => (1).toLocaleString('en', { notation: 'compact' }))];";
    assert_eq!(
        plain(body).await,
        json!([
            "RangeError",
            "RangeError",
            "RangeError",
            "RangeError",
            "TypeError",
            "RangeError",
            "RangeError",
            "RangeError",
            "TypeError",
            "Invalid Date",
            "RangeError"
        ])
    );
}

#[tokio::test]
async fn every_locale_and_combination_of_fields_can_be_written() {
    let body = "const options = []; for (const month of [undefined, 'numeric', '2-digit', 'long', 'short']) for (const year of [undefined, 'numeric', '2-digit']) for (const day of [undefined, 'numeric', '2-digit']) for (const weekday of [undefined, 'long']) for (const hour of [undefined, 'numeric'])
            options.push({ year, month, day, weekday, hour, minute: hour && '2-digit', timeZone: 'Asia/Tokyo', timeZoneName: hour && day ? 'short' : undefined });
        const failed = []; for (const locale of ['en', 'de', 'fr', 'es', 'pt', 'it', 'nl', 'ja', 'zh', 'ko', 'ar', 'he', 'ru', 'tr', 'pl', 'sv', 'hi', 'th']) for (const o of options) { try { new Intl.DateTimeFormat(locale, o).format(0); } catch (e) { failed.push([locale, JSON.stringify(o), e.message]); } }
        return failed;";
    let sandbox = crate::support::sandbox();
    let program = crate::support::program(&sandbox, &format!("function lambda() {{ {body} }}"));
    let mut run = crate::support::given("{}");
    run.limits.cpu = std::time::Duration::from_secs(30);
    run.limits.wall = std::time::Duration::from_mins(1);
    assert_eq!(crate::support::json(sandbox.run(&program, run).await), json!([]));
}
