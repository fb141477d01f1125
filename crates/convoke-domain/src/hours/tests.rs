//! What hours promise, by example in zones of each kind and by property.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use proptest::prelude::*;

use super::*;
use crate::limits;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

fn hours(zone: &str, week: &[(Weekday, &str, &str)]) -> WorkingHours {
    let week =
        week.iter().map(|&(day, from, to)| WeeklyInterval { day, from: time(from), to: time(to) }).collect();
    WorkingHours::new("1".parse().unwrap(), "Hours".to_owned(), zone.parse().unwrap(), week).unwrap()
}

fn office(zone: &str) -> WorkingHours {
    hours(zone, &Weekday::ALL[..5].iter().map(|&day| (day, "09:00", "17:00")).collect::<Vec<_>>())
}

fn occasion(from: &str, to: &str, working: bool) -> Occasion {
    Occasion { name: "Day".to_owned(), from: from.parse().unwrap(), to: to.parse().unwrap(), working }
}

fn occasions(zone: &str, list: Vec<Occasion>) -> Result<SpecialOccasions, HoursError> {
    SpecialOccasions::new("1".parse().unwrap(), "Days".to_owned(), zone.parse().unwrap(), list)
}

fn on(until: &str) -> Shift {
    Shift::On { until: Some(at(until)) }
}

fn off(since: &str, until: &str) -> Shift {
    Shift::Off { since: Some(at(since)), until: Some(at(until)) }
}

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn without_working_hours_a_skill_is_always_staffed() {
    let now = at("2026-06-10T12:00:00Z");
    assert_eq!(Hours::ALWAYS.shift(now), Shift::On { until: None });
    assert_eq!(Hours::ALWAYS.next_off(now), None);
    assert_eq!(Hours::ALWAYS.staffed_after(now, HOUR), Some(at("2026-06-10T13:00:00Z")));
}

#[test]
fn working_hours_without_intervals_are_never_staffed() {
    let never = hours("UTC", &[]);
    let never = Hours::new(Some(&never), None);
    let now = at("2026-06-10T12:00:00Z");
    assert_eq!(never.shift(now), Shift::Off { since: None, until: None });
    assert_eq!(never.staffed_after(now, HOUR), None);
    assert_eq!(never.staffed_after(now, Duration::ZERO), Some(now));
}

#[test]
fn an_hour_around_the_clock_has_no_end() {
    let all = Weekday::ALL.map(|day| (day, "00:00", "00:00"));
    let always = hours("Europe/Berlin", &all);
    assert_eq!(Hours::new(Some(&always), None).shift(at("2026-06-10T12:00:00Z")), Shift::On { until: None });
    let shifts: Vec<_> =
        Weekday::ALL.iter().flat_map(|&day| [(day, "06:00", "18:00"), (day, "18:00", "06:00")]).collect();
    let always = hours("Europe/Berlin", &shifts);
    assert_eq!(Hours::new(Some(&always), None).shift(at("2026-06-10T12:00:00Z")), Shift::On { until: None });
    let nearly = hours("Europe/Berlin", &shifts[1..]);
    assert_eq!(
        Hours::new(Some(&nearly), None).next_off(at("2026-06-10T12:00:00Z")),
        Some(at("2026-06-15T04:00:00Z"))
    );
}

#[test]
fn a_shift_ends_and_begins_at_the_local_time() {
    let office = office("Europe/Berlin");
    let office = Hours::new(Some(&office), None);
    assert_eq!(office.shift(at("2026-06-10T07:00:00Z")), on("2026-06-10T15:00:00Z"));
    assert_eq!(office.shift(at("2026-06-10T14:59:59Z")), on("2026-06-10T15:00:00Z"));
    let night = off("2026-06-10T15:00:00Z", "2026-06-11T07:00:00Z");
    assert_eq!(office.shift(at("2026-06-10T15:00:00Z")), night);
    assert_eq!(office.shift(at("2026-06-11T06:59:59Z")), night, "the period is named by its begin all night");
    let weekend = off("2026-06-12T15:00:00Z", "2026-06-15T07:00:00Z");
    assert_eq!(office.shift(at("2026-06-14T20:00:00Z")), weekend);
    assert_eq!(office.next_on(at("2026-06-14T20:00:00Z")), Some(at("2026-06-15T07:00:00Z")));
    assert_eq!(office.next_off(at("2026-06-14T20:00:00Z")), Some(at("2026-06-14T20:00:00Z")));
}

#[test]
fn a_lunch_break_is_off_and_touching_intervals_are_one_shift() {
    let split = hours(
        "UTC",
        &[
            (Weekday::Monday, "13:00", "15:00"),
            (Weekday::Monday, "08:00", "12:00"),
            (Weekday::Monday, "15:00", "18:00"),
        ],
    );
    let split = Hours::new(Some(&split), None);
    assert_eq!(split.shift(at("2026-06-08T12:30:00Z")), off("2026-06-08T12:00:00Z", "2026-06-08T13:00:00Z"));
    assert_eq!(split.shift(at("2026-06-08T14:00:00Z")), on("2026-06-08T18:00:00Z"));
}

#[test]
fn an_overnight_shift_goes_on_after_midnight_and_into_the_next_week() {
    let nights = hours("UTC", &[(Weekday::Sunday, "22:00", "06:00")]);
    let nights = Hours::new(Some(&nights), None);
    assert_eq!(nights.shift(at("2026-06-15T03:00:00Z")), on("2026-06-15T06:00:00Z"));
    assert_eq!(nights.shift(at("2026-06-15T06:00:00Z")), off("2026-06-15T06:00:00Z", "2026-06-21T22:00:00Z"));
}

#[test]
fn a_shift_over_the_clock_change_is_shorter_in_spring_and_longer_in_autumn() {
    for (zone, spring, autumn, change) in [
        ("Europe/Berlin", "2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z", HOUR),
        ("America/New_York", "2026-03-07T18:00:00Z", "2026-10-31T18:00:00Z", HOUR),
        ("Australia/Lord_Howe", "2026-10-03T01:00:00Z", "2026-04-04T01:00:00Z", HOUR / 2),
        ("Asia/Kolkata", "2026-03-28T06:00:00Z", "2026-10-24T06:00:00Z", Duration::ZERO),
    ] {
        let night = hours(zone, &[(Weekday::Saturday, "20:00", "08:00")]);
        let night = Hours::new(Some(&night), None);
        let staffed = |from: &str| night.staffed_between(at(from), later(at(from), 48 * HOUR));
        assert_eq!(staffed(spring) + change, 12 * HOUR, "{zone}");
        assert_eq!(staffed(autumn), 12 * HOUR + change, "{zone}");
    }
}

#[test]
fn a_start_that_the_clock_skips_is_moved_to_the_change() {
    let early = hours("Europe/Berlin", &[(Weekday::Sunday, "02:30", "04:00")]);
    let early = Hours::new(Some(&early), None);
    assert_eq!(early.next_on(at("2026-03-28T12:00:00Z")), Some(at("2026-03-29T01:00:00Z")));
    let skipped = hours("Europe/Berlin", &[(Weekday::Sunday, "02:10", "02:50")]);
    let skipped = Hours::new(Some(&skipped), None);
    let next = skipped.next_on(at("2026-03-28T12:00:00Z"));
    assert_eq!(next, Some(at("2026-04-05T00:10:00Z")), "wholly skipped: only in the week after");
}

#[test]
fn an_hour_that_appears_twice_is_staffed_twice() {
    let early = hours("America/New_York", &[(Weekday::Sunday, "01:00", "01:30")]);
    let early = Hours::new(Some(&early), None);
    assert_eq!(early.shift(at("2026-11-01T05:15:00Z")), on("2026-11-01T06:30:00Z"));
    assert!(early.is_on(at("2026-11-01T06:15:00Z")));
    assert!(!early.is_on(at("2026-11-01T06:30:00Z")));
}

#[test]
fn special_occasions_override_working_hours_and_off_beats_on() {
    let office = office("UTC");
    let days = occasions(
        "UTC",
        vec![
            occasion("2026-06-13T10:00", "2026-06-13T14:00", true),
            occasion("2026-06-13T12:00", "2026-06-13T13:00", false),
            occasion("2026-06-10T12:00", "2026-06-11T10:00", false),
        ],
    )
    .unwrap();
    let hours = Hours::new(Some(&office), Some(&days));
    assert_eq!(hours.shift(at("2026-06-10T11:00:00Z")), on("2026-06-10T12:00:00Z"));
    assert_eq!(hours.shift(at("2026-06-10T13:00:00Z")), off("2026-06-10T12:00:00Z", "2026-06-11T10:00:00Z"));
    assert_eq!(hours.shift(at("2026-06-13T11:00:00Z")), on("2026-06-13T12:00:00Z"));
    assert_eq!(hours.shift(at("2026-06-13T12:30:00Z")), off("2026-06-13T12:00:00Z", "2026-06-13T13:00:00Z"));
    assert_eq!(hours.shift(at("2026-06-13T13:30:00Z")), on("2026-06-13T14:00:00Z"));
    assert_eq!(hours.next_on(at("2026-06-13T15:00:00Z")), Some(at("2026-06-15T09:00:00Z")));
}

#[test]
fn a_holiday_closes_a_skill_that_is_always_staffed() {
    let days = occasions("UTC", vec![occasion("2026-12-25T00:00", "2026-12-26T00:00", false)]).unwrap();
    let hours = Hours::new(None, Some(&days));
    assert_eq!(hours.shift(at("2026-12-24T12:00:00Z")), on("2026-12-25T00:00:00Z"));
    assert_eq!(hours.shift(at("2026-12-25T12:00:00Z")), off("2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z"));
    assert_eq!(hours.shift(at("2026-12-26T12:00:00Z")), Shift::On { until: None });
}

#[test]
fn a_long_closure_is_still_one_off_hours_period() {
    let office = office("UTC");
    let list = ["2026-06-01T00:00", "2026-07-01T00:00", "2026-07-31T00:00"]
        .windows(2)
        .map(|pair| occasion(pair[0], pair[1], false))
        .collect();
    let days = occasions("UTC", list).unwrap();
    let hours = Hours::new(Some(&office), Some(&days));
    let closed = off("2026-05-29T17:00:00Z", "2026-07-31T09:00:00Z");
    assert_eq!(hours.shift(at("2026-06-02T10:00:00Z")), closed);
    assert_eq!(hours.shift(at("2026-07-30T10:00:00Z")), closed);
}

#[test]
fn an_off_hours_period_begins_at_the_end_of_the_last_occasion_too() {
    let mondays = hours("UTC", &[(Weekday::Monday, "09:00", "17:00")]);
    let days = occasions(
        "UTC",
        vec![
            occasion("2026-06-02T09:00", "2026-06-02T12:00", true),
            occasion("2026-06-08T00:00", "2026-06-09T00:00", false),
        ],
    )
    .unwrap();
    let hours = Hours::new(Some(&mondays), Some(&days));
    let period = off("2026-06-02T12:00:00Z", "2026-06-15T09:00:00Z");
    for now in
        ["2026-06-03T00:00:00Z", "2026-06-10T00:00:00Z", "2026-06-12T00:00:00Z", "2026-06-14T00:00:00Z"]
    {
        assert_eq!(hours.shift(at(now)), period, "{now}");
    }
}

#[test]
fn staffed_time_skips_the_night() {
    let office = office("Europe/Berlin");
    let office = Hours::new(Some(&office), None);
    let evening = at("2026-06-12T14:50:00Z");
    assert_eq!(office.staffed_after(evening, Duration::from_mins(10)), Some(at("2026-06-12T15:00:00Z")));
    assert_eq!(office.staffed_after(evening, Duration::from_mins(20)), Some(at("2026-06-15T07:10:00Z")));
    assert_eq!(office.staffed_after(evening, 10_000 * HOUR), None, "beyond the horizon");
    assert_eq!(office.staffed_between(evening, at("2026-06-15T07:10:00Z")), Duration::from_mins(20));
    assert_eq!(office.staffed_between(evening, at("2026-06-01T00:00:00Z")), Duration::ZERO);
}

#[test]
fn the_ends_of_time_are_no_special_case() {
    let office = office("America/New_York");
    let office = Hours::new(Some(&office), None);
    for now in [Timestamp::MIN, Timestamp::MAX] {
        let _ = office.shift(now);
        let _ = office.staffed_after(now, HOUR);
        assert_eq!(office.staffed_between(now, now), Duration::ZERO);
    }
}

#[test]
fn hours_read_back_as_they_were_written() {
    let office = office("Europe/Berlin");
    let stored = serde_json::to_value(&office).unwrap();
    assert_eq!(stored["week"][0], serde_json::json!({"day": "monday", "from": "09:00:00", "to": "17:00:00"}));
    assert_eq!(serde_json::from_value::<WorkingHours>(stored).unwrap(), office);
    let days = occasions("UTC", vec![occasion("2026-12-25T00:00", "2026-12-26T00:00", false)]).unwrap();
    let stored = serde_json::to_string(&days).unwrap();
    assert_eq!(serde_json::from_str::<SpecialOccasions>(&stored).unwrap(), days);
}

#[test]
fn hours_that_cannot_be_are_refused() {
    let build =
        |name: &str, week| WorkingHours::new("1".parse().unwrap(), name.to_owned(), Zone::utc(), week);
    let interval = WeeklyInterval { day: Weekday::Monday, from: time("09:00"), to: time("10:00") };
    assert_eq!(build(" ", vec![]), Err(HoursError::Name));
    let many = vec![interval; limits::WEEKLY_INTERVALS_MAX + 1];
    assert_eq!(build("Many", many), Err(HoursError::TooManyIntervals));
    let fraction = WeeklyInterval { from: time("09:00:00.5"), ..interval };
    assert_eq!(build("Fraction", vec![fraction]), Err(HoursError::FractionOfSecond));
    let backwards = occasion("2026-12-26T00:00", "2026-12-25T00:00", true);
    assert_eq!(occasions("UTC", vec![backwards]), Err(HoursError::OccasionEmpty("Day".to_owned())));
    let long = occasion("2026-06-01T00:00", "2026-07-01T00:01", false);
    assert_eq!(occasions("UTC", vec![long.clone()]), Err(HoursError::OccasionTooLong("Day".to_owned())));
    assert!(occasions("UTC", vec![Occasion { working: true, ..long.clone() }]).is_ok());
    let many = vec![Occasion { working: true, ..long }; limits::OCCASIONS_MAX + 1];
    assert_eq!(occasions("UTC", many), Err(HoursError::TooManyOccasions));
}

/// A plain reading of the rules, without series or zones beyond a look at the wall: the judge of the property tests.
fn wall_says_on(hours: &WorkingHours, days: &SpecialOccasions, instant: Timestamp) -> bool {
    let within = |working| {
        let local = days.zone().local(instant);
        days.occasions().iter().any(|day| day.working == working && (day.from..day.to).contains(&local))
    };
    let local = hours.zone().local(instant);
    let days_back = |back: i64| local.checked_sub(jiff::Span::new().days(back)).map(DateTime::date).ok();
    let weekly = [0, 1].into_iter().filter_map(days_back).any(|date| {
        hours.week().iter().filter(|interval| interval.day == Weekday::of(date)).any(|interval| {
            let from = date.to_datetime(interval.from);
            let end_date = if interval.ends_next_day() { date.tomorrow().unwrap() } else { date };
            (from..end_date.to_datetime(interval.to)).contains(&local)
        })
    });
    (weekly || within(true)) && !within(false)
}

const ZONES: [&str; 5] =
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"];

prop_compose! {
    fn any_interval()(day in 0..7_usize, from in (0..24_i8, 0..60_i8), to in (0..24_i8, 0..60_i8)) -> WeeklyInterval {
        let clock = |(hour, minute)| Time::new(hour, minute, 0, 0).unwrap();
        WeeklyInterval { day: Weekday::ALL[day], from: clock(from), to: clock(to) }
    }
}

prop_compose! {
    fn any_occasion()(start in 0..525_600_i64, length in 1..30_000_i64, working: bool) -> Occasion {
        let from = "2026-01-01T00:00".parse::<DateTime>().unwrap();
        let from = from.checked_add(jiff::SignedDuration::from_mins(start)).unwrap();
        let to = from.checked_add(jiff::SignedDuration::from_mins(length)).unwrap();
        Occasion { name: "Day".to_owned(), from, to, working }
    }
}

prop_compose! {
    fn any_hours()(
        zone in 0..ZONES.len(),
        week in prop::collection::vec(any_interval(), 0..10),
        list in prop::collection::vec(any_occasion(), 0..6),
    ) -> (WorkingHours, SpecialOccasions) {
        let zone: Zone = ZONES[zone].parse().unwrap();
        let hours = WorkingHours::new("1".parse().unwrap(), "Any".to_owned(), zone.clone(), week).unwrap();
        (hours, SpecialOccasions::new("1".parse().unwrap(), "Any".to_owned(), zone, list).unwrap())
    }
}

prop_compose! {
    fn any_instant()(seconds in 1_767_000_000_i64..1_798_000_000) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }
}

/// The local clock does not change within a day of `instant`, so that the wall is unambiguous.
fn is_calm(zone: &Zone, instant: Timestamp) -> bool {
    let day = 24 * HOUR;
    let shown = zone.local(later(instant, day)).duration_since(zone.local(earlier(instant, day)));
    shown.unsigned_abs() == 2 * day
}

proptest! {
    #[test]
    fn as_much_staffed_time_passes_as_was_asked_for(
        (week, days) in any_hours(), base in any_instant(), minutes in 0..20_000_u64,
    ) {
        let hours = Hours::new(Some(&week), Some(&days));
        let amount = Duration::from_mins(minutes);
        if let Some(end) = hours.staffed_after(base, amount) {
            prop_assert_eq!(hours.staffed_between(base, end), amount);
            let before = earlier(end, TICK);
            prop_assert!(end == base || hours.staffed_between(base, before) < amount, "it is the first such instant");
        }
    }

    #[test]
    fn more_staffed_time_is_never_earlier(
        (week, days) in any_hours(), base in any_instant(), some in 0..9_000_u64, more in 0..9_000_u64,
    ) {
        let hours = Hours::new(Some(&week), Some(&days));
        let first = hours.staffed_after(base, Duration::from_mins(some));
        let second = hours.staffed_after(base, Duration::from_mins(some + more));
        prop_assert!(second.is_none() || first <= second);
        prop_assert!(first.is_some() || second.is_none());
    }

    #[test]
    fn staffed_time_adds_up(
        (week, days) in any_hours(), base in any_instant(), first in 0..9_000_u64, second in 0..9_000_u64,
    ) {
        let hours = Hours::new(Some(&week), Some(&days));
        let middle = later(base, Duration::from_mins(first));
        let end = later(middle, Duration::from_mins(second));
        prop_assert_eq!(
            hours.staffed_between(base, middle) + hours.staffed_between(middle, end),
            hours.staffed_between(base, end)
        );
    }

    #[test]
    fn the_shift_is_what_the_wall_clock_says((week, days) in any_hours(), now in any_instant()) {
        let hours = Hours::new(Some(&week), Some(&days));
        prop_assert_eq!(hours.is_on(now), hours.shift(now).is_on());
        if is_calm(week.zone(), now) {
            prop_assert_eq!(hours.is_on(now), wall_says_on(&week, &days, now));
        }
    }

    #[test]
    fn nothing_changes_within_a_shift_and_it_changes_at_its_end(
        (week, days) in any_hours(), now in any_instant(), part in 0.0..1.0_f64,
    ) {
        let hours = Hours::new(Some(&week), Some(&days));
        let within = |until: Timestamp| later(now, until.duration_since(now).unsigned_abs().mul_f64(part)).min(earlier(until, TICK));
        match hours.shift(now) {
            shift @ Shift::On { until: Some(until) } => {
                prop_assert_eq!(hours.shift(within(until)), shift);
                prop_assert!(!hours.is_on(until));
            }
            shift @ Shift::Off { since, until: Some(until) } => {
                prop_assert_eq!(hours.shift(within(until)), shift);
                prop_assert!(hours.is_on(until));
                prop_assert!(since.is_none_or(|since| since <= now && hours.is_on(earlier(since, TICK)) && !hours.is_on(since)));
            }
            Shift::On { until: None } | Shift::Off { until: None, .. } => {}
        }
    }
}
