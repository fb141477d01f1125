//! When each timer of a conversation is due: bases, times that count, conditions (DESIGN §2, Idle; auto-close).
//!
//! A line only moves a base in memory. A timer that comes due too early, because its base moved meanwhile, fires
//! nothing and is armed again from the new base; so a long chat costs one or two timer writes and not one per line.

use jiff::{SignedDuration, Timestamp};

use crate::account::{Account, IdleTimer, Skill};
use crate::conversation::event::Timer;
use crate::conversation::state::Conversation;
use crate::limits;

/// When `timer` is next due, or `None` if its condition does not hold.
pub fn due(state: &Conversation, timer: Timer, account: &Account) -> Option<Timestamp> {
    if !state.is_open() && timer != Timer::SurveyExpiry {
        return None;
    }
    let base = base(state, timer)?;
    let idle = account.idle_of(Some(&state.skill));
    match timer {
        Timer::AwaitingInQueue => staffed_due(state, timer, base, &idle.awaiting_in_queue, account),
        Timer::AgentNonResponsive => staffed_due(state, timer, base, &idle.agent_non_responsive, account),
        Timer::ConsumerNonResponsive => {
            let nth = next_firing(state, timer, base, &idle.consumer_non_responsive)?;
            add(base, idle.consumer_non_responsive.time.checked_mul(nth)?)
        }
        Timer::AutoClose => add(base, account.auto_close),
        Timer::SurveyExpiry => add(base, limits::SURVEY_EXPIRY),
    }
}

/// Whether timers of open conversations may be due at another time after an account's settings changed like this.
pub fn moved_by(before: &Account, after: &Account) -> bool {
    let timing = |account: &Account| (account.idle, account.auto_close);
    let skills = |account: &Account| -> Vec<_> {
        let skills = account.skills.iter();
        let hours = |skill: &Skill| (skill.working_hours.clone(), skill.special_occasions.clone());
        skills.map(|(id, skill)| (id.clone(), skill.idle, hours(skill))).collect()
    };
    timing(before) != timing(after)
        || skills(before) != skills(after)
        || before.working_hours != after.working_hours
        || before.special_occasions != after.special_occasions
}

/// From when `timer` counts, or `None` if nobody has to be waited for.
pub fn base(state: &Conversation, timer: Timer) -> Option<Timestamp> {
    let talk = &state.talk;
    match timer {
        Timer::AwaitingInQueue => state.assigned_at.is_none().then_some(state.queued_at),
        Timer::AgentNonResponsive => {
            let assigned = state.assigned_at?;
            match talk.unanswered_since {
                Some(unanswered) => Some(assigned.max(unanswered)),
                // Answered since the assignment, and the consumer has not written again.
                None => (!talk.brand_wrote_since_assigned).then_some(assigned),
            }
        }
        Timer::ConsumerNonResponsive => talk.last_brand_line_at.filter(|_| !talk.consumer_wrote_last),
        Timer::AutoClose => {
            (!talk.consumer_wrote_last && state.manual_deadline.is_none()).then_some(state.changed_at)
        }
        // Lines do not prolong it: whoever begins to answer has a week, too.
        Timer::SurveyExpiry => state.open_survey().map(|survey| survey.opened_at),
    }
}

/// Which firing for this base comes next, from 1; `None` if it is switched off or has fired often enough.
pub(crate) fn next_firing(
    state: &Conversation,
    timer: Timer,
    base: Timestamp,
    settings: &IdleTimer,
) -> Option<u32> {
    let fired = state.fired_since(timer, base);
    (settings.enabled && fired < settings.repeat.min(limits::IDLE_REPEAT_MAX)).then(|| u32::from(fired) + 1)
}

fn staffed_due(
    state: &Conversation,
    timer: Timer,
    base: Timestamp,
    settings: &IdleTimer,
    account: &Account,
) -> Option<Timestamp> {
    let nth = next_firing(state, timer, base, settings)?;
    account.hours_of(Some(&state.skill)).staffed_after(base, settings.time.checked_mul(nth)?)
}

fn add(base: Timestamp, time: std::time::Duration) -> Option<Timestamp> {
    base.checked_add(SignedDuration::try_from(time).ok()?).ok()
}
