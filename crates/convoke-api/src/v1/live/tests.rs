//! What is sent over a live connection is read as it was meant, and the reference says so.

use super::*;
use crate::v1::board::Availability;

const CONVERSATION: &str = "conv_00000000000000000000000000000001";

fn read(json: &str) -> Result<Request, Unreadable> {
    Request::read(json.as_bytes())
}

#[test]
fn every_request_reads_back_as_it_was_sent() {
    let conversation: ConversationId = CONVERSATION.parse().unwrap();
    let participant: ParticipantRef = "4711".parse().unwrap();
    let deadline = SetDeadline { deadline: None };
    let ttr = SetTtr { ttr: crate::v1::ttr::Ttr::Urgent };
    let acts = [
        Act::Publish(PublishLine { text: "hi".to_owned(), key: Some("k".to_owned()), private: true }),
        Act::Join(JoinConversation { participant, role: crate::v1::participant::Role::Reader }),
        Act::Leave(LeaveConversation { participant }),
        Act::Accept(AcceptConversation::default()),
        Act::Transfer(TransferConversation { skill: "2".parse().ok(), agent: None }),
        Act::StepUp(StepUp { identity: "crm".to_owned() }),
        Act::Close,
        Act::SetTtr(ttr),
        Act::SetManualDeadline(deadline),
        Act::SetNote(SetNote { note: "a regular".to_owned() }),
        Act::Rate(RateConversation { rate: Some(4), resolved: None }),
        Act::Receive(ReceiveLines { receipt: crate::v1::event::Receipt::Read, lines: vec![0, 3] }),
    ];
    let mut asks: Vec<Ask> = acts.into_iter().map(|act| Ask::Act { conversation, act }).collect();
    asks.push(Ask::Ping);
    asks.push(Ask::Follow { conversation, from: Follow { after: 7 } });
    asks.push(Ask::Unfollow { conversation });
    asks.push(Ask::Open(OpenConversation::default()));
    asks.push(Ask::Board(SeeBoard { all: true }));
    asks.push(Ask::SetAvailability(SetAvailability { availability: Availability::BackSoon }));
    asks.push(Ask::AcceptOffer(NameOffer { offer: "o".to_owned() }));
    asks.push(Ask::RejectOffer(NameOffer { offer: "o".to_owned() }));
    asks.push(Ask::Typing { conversation, typing: Typing { typing: true } });
    for ask in asks {
        let request = Request { id: "1".to_owned(), ask };
        assert_eq!(read(&request.to_json()).as_ref(), Ok(&request), "{}", request.to_json());
    }
}

#[test]
fn what_is_wrong_is_named_with_the_id_of_the_request() {
    let cases = [
        (r#"{"id":"1","type":"publish","body":{"text":"hi"}}"#, "conversation"),
        (&format!(r#"{{"id":"1","type":"publish","conversation":"{CONVERSATION}"}}"#), "body"),
        (
            &format!(r#"{{"id":"1","type":"publish","conversation":"{CONVERSATION}","body":{{"text":1}}}}"#),
            "body.text",
        ),
        (&format!(r#"{{"id":"1","type":"close","conversation":"{CONVERSATION}","body":{{}}}}"#), "body"),
        (r#"{"id":"1","type":"dance"}"#, "type"),
        (r#"{"id":"1","type":"ping","more":1}"#, "more"),
    ];
    for (frame, field) in cases {
        let wrong = read(frame).unwrap_err();
        assert_eq!(wrong.id.as_deref(), Some("1"), "{frame}");
        assert_eq!(wrong.invalid.errors[0].field, field, "{frame}");
    }
    assert_eq!(read("{").unwrap_err().id, None);
    assert_eq!(read(r#"{"id":"","type":"ping"}"#).unwrap_err().invalid.errors[0].field, "id");
}

#[test]
fn the_examples_of_the_reference_are_real() {
    let page = include_str!("../../../../../docs/reference/live.md");
    let mut blocks = page.split("```json\n").skip(1).map(|block| block.split("```").next().unwrap());
    for example in blocks.next().unwrap().lines() {
        let request = read(example).unwrap();
        let again: serde_json::Value = serde_json::from_str(&request.to_json()).unwrap();
        let shown: serde_json::Value = serde_json::from_str(example).unwrap();
        assert_eq!((&again["id"], &again["type"]), (&shown["id"], &shown["type"]));
    }
    for example in blocks.next().unwrap().lines() {
        let message: LiveMessage = serde_json::from_str(example).unwrap();
        let shown: serde_json::Value = serde_json::from_str(example).unwrap();
        assert_eq!(serde_json::to_value(message).unwrap(), shown);
    }
}
