//! Who is offered what: rings, rejections, agents who disappear.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Center, Client};
use crate::testing::{ACME, AGENT, Kit, ScriptedHost, until};

const OTHER_AGENT: u64 = 4712;
/// How long a ring lasts (messaging contract §1.7).
const RING: Duration = Duration::from_secs(72);

async fn waiting(center: &Center) -> (Client, String) {
    let mut consumer = center.consumer(&center.jwt().await, &[]).await;
    let id = consumer.open().await;
    (consumer, id)
}

async fn assigned(center: &Center, id: &str) -> Option<u64> {
    let state = center.kit.handle.conversation(&ACME.parse().unwrap(), id.parse().unwrap()).await.unwrap();
    state.assigned_agent().map(convoke_domain::id::UserId::number)
}

#[tokio::test]
async fn a_ring_that_nobody_answers_goes_to_the_next_agent() {
    let center = Center::new().await;
    let mut first = center.at_work(AGENT).await;
    let (_consumer, id) = waiting(&center).await;
    let ring = first.ring("WAITING").await;
    assert_eq!((ring["ringExpiration"].as_u64(), ring["convId"].as_str()), (Some(72_000), Some(id.as_str())));
    let mut second = center.at_work(OTHER_AGENT).await;
    center.kit.clock.advance(RING);
    first.ring("EXPIRED").await;
    assert_eq!(second.accept().await, id);
    let late = json!({"ringId": ring["ringId"], "ringState": "ACCEPTED"});
    assert_eq!(first.refused(".ams.routing.UpdateRingState", late).await, (409, "offer.over".to_owned()));
    assert_eq!(assigned(&center, &id).await, Some(OTHER_AGENT));
}

#[tokio::test]
async fn whoever_rejects_is_not_asked_again_before_others_were() {
    let center = Center::new().await;
    let mut first = center.at_work(AGENT).await;
    let (_consumer, id) = waiting(&center).await;
    let ring = first.ring("WAITING").await;
    let mut second = center.at_work(OTHER_AGENT).await;
    let rejected = json!({"ringId": ring["ringId"], "ringState": "REJECTED"});
    first.ask(".ams.routing.UpdateRingState", rejected).await;
    first.ring("REJECTED").await;
    let ring = second.ring("WAITING").await;
    let rejected = json!({"ringId": ring["ringId"], "ringState": "REJECTED"});
    second.ask(".ams.routing.UpdateRingState", rejected).await;
    // Both were asked: after a while the first one is asked again.
    center.kit.clock.advance(RING);
    assert_eq!(first.ring("WAITING").await["convId"], id.as_str());
}

#[tokio::test]
async fn two_agents_who_race_for_one_conversation_do_not_both_win() {
    let center = Center::new().await;
    let mut ringing = center.at_work(AGENT).await;
    let mut taking = center.agent(OTHER_AGENT).await;
    for _ in 0..10 {
        let (mut consumer, id) = waiting(&center).await;
        let ring = ringing.ring("WAITING").await;
        let accept = json!({"ringId": ring["ringId"], "ringState": "ACCEPTED"});
        let take = json!({"conversationId": id, "conversationField":
            [{"field": "ParticipantsChange", "type": "ADD", "role": "ASSIGNED_AGENT"}]});
        let (one, two) = tokio::join!(
            async {
                let asked = ringing.begin(".ams.routing.UpdateRingState", accept).await;
                ringing.answer(&asked).await
            },
            async {
                let asked = taking.begin(".ams.cm.UpdateConversationField", take).await;
                taking.answer(&asked).await
            },
        );
        let won = |answer: &Value| answer["code"].as_u64().unwrap() < 400;
        assert!(won(&one) != won(&two), "{one} {two}");
        let winner = if won(&one) { AGENT } else { OTHER_AGENT };
        assert_eq!(assigned(&center, &id).await, Some(winner));
        let loser = if won(&one) { &two } else { &one };
        assert_eq!(loser["code"], 409);
        let state = if won(&one) { "ACCEPTED" } else { "CANCELLED" };
        assert_eq!(ringing.ring(state).await["convId"], id.as_str());
        let close = json!({"conversationId": id, "conversationField":
            [{"field": "ConversationStateField", "conversationState": "CLOSE"}]});
        consumer.ask("cm.UpdateConversationField", close).await;
    }
}

#[tokio::test]
async fn an_agent_whose_sockets_broke_gives_conversations_back_after_a_while() {
    let center = Center::new().await;
    let mut agent = center.at_work(AGENT).await;
    let (_consumer, id) = waiting(&center).await;
    agent.accept().await;
    drop(agent);
    let back = center.at_work(AGENT).await;
    center.kit.clock.advance(Duration::from_secs(61));
    assert_eq!(assigned(&center, &id).await, Some(AGENT), "whoever comes back keeps them");
    drop(back);
    let mut other = center.at_work(OTHER_AGENT).await;
    until(async || {
        // Dropping a socket is noticed a moment later.
        center.kit.clock.advance(Duration::from_secs(61));
        assigned(&center, &id).await.is_none()
    })
    .await;
    assert_eq!(other.accept().await, id);
}

#[tokio::test]
async fn what_an_agent_was_accepting_when_their_socket_broke_others_are_asked() {
    let kit = Kit::with(ScriptedHost::endless()).await;
    kit.greet().await;
    let center = Center::with(kit).await;
    let mut first = center.at_work(AGENT).await;
    let (_consumer, id) = waiting(&center).await;
    let ring = first.ring("WAITING").await;
    let mut second = center.at_work(OTHER_AGENT).await;
    let accept = json!({"ringId": ring["ringId"], "ringState": "ACCEPTED"});
    let asked = first.begin(".ams.routing.UpdateRingState", accept).await;
    let answered = first.settled().await.iter().any(|frame| frame["reqId"] == asked.as_str());
    assert!(!answered, "it waits for the function");
    drop(first);
    assert_eq!(second.ring("WAITING").await["convId"], id.as_str());
}

#[tokio::test]
async fn the_most_urgent_conversation_is_offered_first() {
    let center = Center::new().await;
    let (_calm, _) = waiting(&center).await;
    let (mut urgent, id) = waiting(&center).await;
    let mark =
        json!({"conversationId": id, "conversationField": [{"field": "TTRField", "ttrType": "URGENT"}]});
    urgent.ask("cm.UpdateConversationField", mark).await;
    let mut agent = center.at_work(AGENT).await;
    assert_eq!(agent.ring("WAITING").await["convId"], id.as_str());
}

#[tokio::test]
async fn a_suggested_agent_is_asked_first_and_alone() {
    let center = Center::new().await;
    let mut agent = center.at_work(AGENT).await;
    let (_consumer, id) = waiting(&center).await;
    agent.accept().await;
    let mut other = center.at_work(OTHER_AGENT).await;
    let fields = json!([
        {"field": "ParticipantsChange", "type": "REMOVE", "role": "ASSIGNED_AGENT"},
        {"field": "ParticipantsChange", "type": "SUGGEST", "role": "ASSIGNED_AGENT",
            "userId": format!("{ACME}.{OTHER_AGENT}")},
    ]);
    agent.update(&id, fields).await;
    assert_eq!(other.ring("WAITING").await["convId"], id.as_str());
    center.kit.clock.advance(RING);
    other.ring("EXPIRED").await;
    // Then everybody else.
    assert_eq!(agent.ring("WAITING").await["convId"], id.as_str());
}

#[tokio::test]
async fn nobody_is_given_more_than_they_can_serve() {
    let center = Center::new().await;
    let mut agent = center.at_work(AGENT).await;
    let mut consumers = Vec::new();
    for _ in 0..11 {
        consumers.push(waiting(&center).await);
    }
    for _ in 0..10 {
        agent.accept().await;
    }
    let offered = |frames: &[Value]| {
        let waiting = frames.iter().filter(|frame| {
            frame["body"]["changes"][0]["result"]["ringsDetails"][0]["ringState"] == "WAITING"
        });
        waiting.count()
    };
    assert_eq!(offered(&agent.settled().await), 0);
    let (consumer, id) = &mut consumers[0];
    let close = json!({"conversationId": id, "conversationField":
        [{"field": "ConversationStateField", "conversationState": "CLOSE"}]});
    consumer.ask("cm.UpdateConversationField", close).await;
    agent.ring("WAITING").await;
}

#[tokio::test]
async fn who_is_away_is_offered_nothing_and_everybody_who_asks_is_told_so() {
    let center = Center::new().await;
    let mut agent = center.at_work(AGENT).await;
    agent.ask(".ams.routing.SubscribeAgentsState", json!({"agentId": format!("{ACME}.{AGENT}")})).await;
    let told = agent.told(".ams.routing.AgentStateNotification").await;
    assert_eq!(told["changes"][0]["result"]["availability"], "ONLINE");
    agent.ask(".ams.routing.SetAgentState", json!({"availability": "AWAY"})).await;
    let told = agent.told(".ams.routing.AgentStateNotification").await;
    assert_eq!(told["changes"][0]["result"]["availability"], "AWAY");
    let (_consumer, id) = waiting(&center).await;
    let mut other = center.at_work(OTHER_AGENT).await;
    assert_eq!(other.accept().await, id);
    assert!(
        agent.settled().await.iter().all(|frame| frame["type"] != ".ams.routing.RoutingTaskNotification")
    );
    let wrong = json!({"availability": "ASLEEP"});
    assert_eq!(agent.refused(".ams.routing.SetAgentState", wrong).await.0, 400);
}
