//! Offers and presences as agents are told of them: the wire calls them rings and agent states (messaging contract §1.7).

use convoke_api::lp::messaging::{notification, old_id};
use convoke_domain::account::Account;
use convoke_domain::id::UserId;
use convoke_engine::{Offer, OfferState, Presence};
use serde_json::{Value, json};

/// The offers that an agent is told of.
pub(super) fn offers(subscription: &str, offers: &[Offer], account: &Account) -> String {
    let changes: Vec<Value> = offers.iter().map(|offer| offered(offer, account)).collect();
    let body = json!({"subscriptionId": subscription, "changes": changes});
    notification(".ams.routing.RoutingTaskNotification", &body)
}

fn offered(offer: &Offer, account: &Account) -> Value {
    let (conversation, consumer) = (offer.conversation.to_string(), offer.consumer.to_string());
    let lasts = offer.expires_at.duration_since(offer.offered_at).as_millis();
    let ring = json!({
        "ringId": offer.id.as_str(),
        "ringExpiration": i64::try_from(lasts).unwrap_or(i64::MAX),
        "ringExpirationTs": offer.expires_at.as_millisecond(),
        "ringState": word(offer.state),
        "weight": offer.due.duration_since(offer.offered_at).as_secs(),
        "convId": conversation,
        "consumerId": consumer,
        "skillId": offer.skill,
        "brandId": account.id,
    });
    json!({"type": "UPSERT", "result": {
        "routingTaskId": conversation,
        "taskCompleted": offer.assigned.is_some(),
        "assignedAgentId": offer.assigned.map(|agent| old_id(account, agent)),
        "brandId": account.id,
        "conversationId": conversation,
        "consumerId": consumer,
        "skillId": offer.skill,
        "ringsDetails": [ring],
    }})
}

const fn word(state: OfferState) -> &'static str {
    match state {
        OfferState::Waiting => "WAITING",
        OfferState::Accepted => "ACCEPTED",
        OfferState::Rejected => "REJECTED",
        OfferState::Expired => "EXPIRED",
        OfferState::Cancelled => "CANCELLED",
    }
}

/// The presences that an agent is told of.
pub(super) fn presences(subscription: &str, presences: &[(UserId, Presence)], account: &Account) -> String {
    let told = presences.iter().map(|(agent, presence)| {
        json!({"type": "UPSERT", "result": {
            "agentUserId": old_id(account, *agent),
            "channels": ["MESSAGING"],
            "availability": presence.availability.wire_name(),
            "description": "",
        }})
    });
    let body = json!({"subscriptionId": subscription, "changes": told.collect::<Vec<_>>()});
    notification(".ams.routing.AgentStateNotification", &body)
}
