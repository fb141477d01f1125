//! At the board over a live connection: offers, presence, cards, typing.

use convoke_api::v1::board::{
    Availability, Board, Card, NameOffer, Offer, OfferState, SetAvailability, Typing,
};
use convoke_api::v1::participant::PartyKind;

use super::*;
use crate::testing::ScriptedHost;

impl Client {
    async fn board(&mut self, id: &str) -> Board {
        self.ask(id, Ask::Board(SeeBoard::default())).await;
        match self.answer(id).await {
            LiveMessage::Board { board, .. } => *board,
            other => panic!("{other:?}"),
        }
    }

    async fn is(&mut self, id: &str, availability: Availability) {
        self.ask(id, Ask::SetAvailability(SetAvailability { availability })).await;
        assert_eq!(self.answer(id).await, LiveMessage::Done { id: id.to_owned() });
    }

    /// The next offer in this state.
    async fn offer(&mut self, state: OfferState) -> Offer {
        loop {
            if let LiveMessage::Offer { offer } = self.next().await.unwrap()
                && offer.state == state
            {
                return *offer;
            }
        }
    }

    /// The next card that is so.
    async fn card(&mut self, wanted: impl Fn(&Card) -> bool) -> Card {
        loop {
            if let LiveMessage::Card { card } = self.next().await.unwrap()
                && wanted(&card)
            {
                return *card;
            }
        }
    }
}

fn named(offer: &Offer) -> NameOffer {
    NameOffer { offer: offer.id.clone() }
}

async fn agent(kit: &Kit, address: SocketAddr) -> Client {
    Client::connect(address, &kit.token(ACME, &[UserRole::Agent]).await).await
}

async fn second_agent(kit: &Kit, address: SocketAddr) -> Client {
    let user = Principal::User(UserId::new(4712).unwrap());
    Client::connect(address, &kit.issue(ACME, user, &[UserRole::Agent]).await).await
}

#[tokio::test]
async fn an_agent_who_is_online_is_offered_what_waits_and_serves_what_they_accept() {
    let kit = Kit::new().await;
    let mut agent = agent(&kit, served(&kit).await).await;
    agent.board("1").await;
    agent.is("2", Availability::Online).await;
    let conversation = opened(&kit).await;
    let offer = agent.offer(OfferState::Waiting).await;
    assert_eq!(offer.conversation, conversation);
    agent.ask("3", Ask::AcceptOffer(named(&offer))).await;
    agent.written("3").await;
    let board = agent.board("4").await;
    assert_eq!(board.conversations[0].conversation.assigned_agent, UserId::new(4711));
    assert_eq!(board.agents.iter().map(|agent| agent.load).max(), Some(1));
    agent.ask("5", Ask::AcceptOffer(named(&offer))).await;
    assert_eq!(agent.refused("5").await, "offer.over");
}

#[tokio::test]
async fn what_one_agent_rejects_the_next_one_is_offered() {
    let kit = Kit::new().await;
    let address = served(&kit).await;
    let (mut first, mut second) = (agent(&kit, address).await, second_agent(&kit, address).await);
    first.board("1").await;
    second.board("1").await;
    first.is("2", Availability::Online).await;
    opened(&kit).await;
    let offer = first.offer(OfferState::Waiting).await;
    second.is("2", Availability::Online).await;
    second.ask("3", Ask::AcceptOffer(named(&offer))).await;
    assert_eq!(second.refused("3").await, "offer.over", "it is somebody else's");
    first.ask("3", Ask::RejectOffer(named(&offer))).await;
    assert_eq!(first.answer("3").await, LiveMessage::Done { id: "3".to_owned() });
    let next = second.offer(OfferState::Waiting).await;
    assert_eq!(next.conversation, offer.conversation);
}

#[tokio::test]
async fn what_an_agent_was_accepting_when_their_connection_broke_others_are_asked() {
    let kit = Kit::with(ScriptedHost::endless()).await;
    kit.greet().await;
    let address = served(&kit).await;
    let (mut first, mut second) = (agent(&kit, address).await, second_agent(&kit, address).await);
    first.board("1").await;
    second.board("1").await;
    first.is("2", Availability::Online).await;
    let conversation = opened(&kit).await;
    let offer = first.offer(OfferState::Waiting).await;
    second.is("2", Availability::Online).await;
    first.ask("3", Ask::AcceptOffer(named(&offer))).await;
    first.ask("4", Ask::Ping).await;
    loop {
        match first.next().await.unwrap() {
            LiveMessage::Pong { .. } => break,
            message => assert_ne!(message.id(), Some("3"), "it waits for the function"),
        }
    }
    drop(first);
    assert_eq!(second.offer(OfferState::Waiting).await.conversation, conversation);
}

#[tokio::test]
async fn an_agent_who_is_away_or_occupied_is_offered_nothing_and_others_see_it() {
    let kit = Kit::new().await;
    let address = served(&kit).await;
    let (mut first, mut second) = (agent(&kit, address).await, second_agent(&kit, address).await);
    second.board("1").await;
    first.board("1").await;
    for availability in [Availability::Away, Availability::Occupied, Availability::BackSoon] {
        first.is("2", availability).await;
        loop {
            if let LiveMessage::Presence { agent } = second.next().await.unwrap() {
                assert_eq!((agent.name.as_str(), agent.availability), ("grace", availability));
                break;
            }
        }
    }
    opened(&kit).await;
    first.card(|card| card.conversation.assigned_agent.is_none()).await;
    assert_eq!(first.board("3").await.offers, []);
}

#[tokio::test]
async fn a_conversation_that_somebody_else_takes_is_told_once_more_and_then_no_longer() {
    let kit = Kit::new().await;
    let mut agent = agent(&kit, served(&kit).await).await;
    let conversation = opened(&kit).await;
    assert_eq!(agent.board("1").await.conversations.len(), 1);
    let path = format!("/conversations/{conversation}");
    let by = kit.operator.clone();
    kit.post(&format!("{path}/accept"), &by, json!({"agent": "4712"})).await.ok(200);
    agent.card(|card| card.conversation.assigned_agent == UserId::new(4712)).await;
    kit.put(&format!("{path}/ttr"), &by, json!({"ttr": {"type": "urgent"}})).await.ok(200);
    kit.post(&format!("{path}/close"), &by, Value::Null).await.ok(200);
    let next = opened(&kit).await;
    let seen = agent.card(|_| true).await;
    assert_eq!(seen.conversation.id, next, "nothing of the other one in between");
}

#[tokio::test]
async fn who_left_a_conversation_is_told_so_and_nothing_of_what_is_said_in_it() {
    let kit = Kit::new().await;
    let address = served(&kit).await;
    let conversation = opened(&kit).await;
    let path = format!("/conversations/{conversation}");
    let by = kit.operator.clone();
    kit.post(&format!("{path}/accept"), &by, json!({"agent": "4711"})).await.ok(200);
    let (consumer, guests) = ("cons_00000000000000000000000000000008", format!("{path}/participants"));
    for (participant, role) in [("4712", "agent"), (consumer, "consumer")] {
        kit.post(&guests, &by, json!({"participant": participant, "role": role})).await.ok(200);
    }
    let say = json!({"text": "the code is 1234"});
    kit.post(&format!("{path}/lines"), &kit.consumer(ACME, 7), say).await.ok(201);
    let agent = second_agent(&kit, address).await;
    let guest = Client::connect(address, &kit.consumer(ACME, 8)).await;
    for (participant, mut client) in [("4712", agent), (consumer, guest)] {
        let seen = client.board("1").await.conversations.remove(0);
        assert!(seen.last_line.is_some(), "{participant} was there");
        let there = seen.conversation.participants.len();
        kit.delete(&format!("{guests}/{participant}"), &by).await.ok(200);
        let told = client.card(|card| card.conversation.participants.len() < there).await;
        assert_eq!(told.last_line, None, "{participant} left");
    }
}

#[tokio::test]
async fn both_sides_see_that_the_other_is_writing() {
    let kit = Kit::new().await;
    let address = served(&kit).await;
    let conversation = opened(&kit).await;
    let mut agent = agent(&kit, address).await;
    let mut consumer = Client::connect(address, &kit.consumer(ACME, 7)).await;
    let mut stranger = Client::connect(address, &kit.consumer(ACME, 8)).await;
    agent.board("1").await;
    assert_eq!(consumer.board("1").await.conversations.len(), 1);
    assert_eq!(stranger.board("1").await.conversations.len(), 0);
    agent.ask("2", Ask::Act { conversation, act: Act::Accept(AcceptConversation::default()) }).await;
    agent.written("2").await;
    let typing = |typing| Ask::Typing { conversation, typing: Typing { typing } };
    // Who takes no part in it tells nobody.
    stranger.ask("2", typing(true)).await;
    stranger.answer("2").await;
    for (writes, sees, kind) in [(true, true, PartyKind::User), (false, false, PartyKind::User)] {
        agent.ask("3", typing(writes)).await;
        loop {
            if let LiveMessage::Typing { who, typing, .. } = consumer.next().await.unwrap() {
                assert_eq!((who.kind, who.id, typing), (kind, None, sees));
                break;
            }
        }
    }
    consumer.ask("3", typing(true)).await;
    loop {
        if let LiveMessage::Typing { who, typing, .. } = agent.next().await.unwrap() {
            assert_eq!((who.kind, typing), (PartyKind::Consumer, true));
            break;
        }
    }
}

#[tokio::test]
async fn offers_are_for_agents_who_came_to_the_board() {
    let kit = Kit::new().await;
    let address = served(&kit).await;
    let online = || Ask::SetAvailability(SetAvailability { availability: Availability::Online });
    let mut agent = agent(&kit, address).await;
    agent.ask("1", online()).await;
    assert_eq!(agent.refused("1").await, "board.needed");
    let mut consumer = Client::connect(address, &kit.consumer(ACME, 7)).await;
    consumer.board("1").await;
    consumer.ask("2", online()).await;
    consumer.ask("3", Ask::AcceptOffer(NameOffer { offer: "o".to_owned() })).await;
    consumer.ask("4", Ask::RejectOffer(NameOffer { offer: "o".to_owned() })).await;
    for id in ["2", "3", "4"] {
        assert_eq!(consumer.refused(id).await, "auth.forbidden");
    }
    agent.board("2").await;
    agent.ask("3", Ask::AcceptOffer(NameOffer { offer: "o".to_owned() })).await;
    assert_eq!(agent.refused("3").await, "offer.unknown");
    agent.ask("4", Ask::Board(SeeBoard { all: true })).await;
    assert_eq!(agent.refused("4").await, "auth.forbidden");
}

#[tokio::test]
async fn who_leaves_the_board_for_good_gives_back_what_they_serve() {
    let kit = Kit::new().await;
    let address = served(&kit).await;
    let conversation = opened(&kit).await;
    let mut first = agent(&kit, address).await;
    first.board("1").await;
    first.ask("2", Ask::Act { conversation, act: Act::Accept(AcceptConversation::default()) }).await;
    first.written("2").await;
    let mut second = second_agent(&kit, address).await;
    second.board("1").await;
    first.socket.close(None).await.unwrap();
    drop(first);
    let path = format!("/conversations/{conversation}");
    let admin = kit.admin().await;
    let (kit, path, admin) = (&kit, &path, &admin);
    crate::testing::until(|| async move {
        kit.clock.advance(std::time::Duration::from_secs(61));
        kit.get(path, admin).await.ok(200).get("assigned_agent").is_none()
    })
    .await;
    second
        .card(|card| card.conversation.id == conversation && card.conversation.assigned_agent.is_none())
        .await;
}
