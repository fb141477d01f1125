//! Live connections over real sockets.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test that finds something else than it expects stops there"
)]

mod board;

use std::collections::BTreeSet;
use std::net::SocketAddr;

use convoke_api::v1::board::SeeBoard;
use convoke_api::v1::conversation::{AcceptConversation, PublishLine};
use convoke_api::v1::event::Event;
use convoke_api::v1::live::{Act, Ask, Follow, LiveMessage, Request, TOKEN_PROTOCOL};
use convoke_domain::account::{Principal, UserRole};
use convoke_domain::id::{ConversationId, UserId};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use tokio_util::task::TaskTracker;

use crate::access;
use crate::limits;
use crate::serve::Endpoint;
use crate::testing::{ACME, Kit, OTHER, WORKSHOP};

/// A client that says what it expects.
struct Client {
    socket: WebSocketStream<TcpStream>,
}

impl Client {
    async fn connect(address: SocketAddr, token: &str) -> Self {
        Self::shake_hands(TcpStream::connect(address).await.unwrap(), ACME, token).await.unwrap()
    }

    async fn shake_hands(stream: TcpStream, account: &str, token: &str) -> Result<Self, Error> {
        let address = stream.peer_addr().unwrap();
        let mut request = format!("ws://{address}/api/v1/accounts/{account}/live").into_client_request()?;
        let header = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", header);
        Ok(Self { socket: client_async(request, stream).await?.0 })
    }

    async fn send(&mut self, json: &Value) {
        self.socket.send(Message::text(json.to_string())).await.unwrap();
    }

    async fn ask(&mut self, id: &str, ask: Ask) {
        let request = Request { id: id.to_owned(), ask };
        self.socket.send(Message::text(request.to_json())).await.unwrap();
    }

    /// The next message; the reason if the connection was closed instead.
    async fn next(&mut self) -> Result<LiveMessage, String> {
        loop {
            match self.socket.next().await.expect("the server closes before it goes").unwrap() {
                Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
                Message::Close(frame) => return Err(frame.unwrap().reason.to_string()),
                Message::Ping(_) | Message::Pong(_) | Message::Binary(_) | Message::Frame(_) => {}
            }
        }
    }

    /// The answer to a request; what comes before it is passed over.
    async fn answer(&mut self, id: &str) -> LiveMessage {
        loop {
            let message = self.next().await.unwrap();
            if message.id() == Some(id) {
                return message;
            }
        }
    }

    async fn written(&mut self, id: &str) -> u64 {
        match self.answer(id).await {
            LiveMessage::Written { written, .. } => written.seq,
            other => panic!("{other:?}"),
        }
    }

    /// The code of the problem that answers a request.
    async fn refused(&mut self, id: &str) -> String {
        match self.answer(id).await {
            LiveMessage::Problem { problem, .. } => problem.code,
            other => panic!("{other:?}"),
        }
    }

    /// Reads events until a line with this text; the places of all that were told.
    async fn until_line(&mut self, text: &str) -> Vec<u64> {
        let mut places = Vec::new();
        loop {
            if let LiveMessage::Event { event, .. } = self.next().await.unwrap() {
                places.push(event.seq);
                if matches!(&event.event, Event::LinePublished { line: Some(line), .. } if line == text) {
                    return places;
                }
            }
        }
    }
}

/// The kit on a socket.
async fn served(kit: &Kit) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let endpoint = Endpoint { listener, tls: None, router: kit.router.clone(), behind_proxy: false };
    TaskTracker::new().spawn(crate::serve(vec![endpoint], kit.stopping.clone()));
    address
}

fn publish(conversation: ConversationId, text: &str) -> Ask {
    let line = PublishLine { text: text.to_owned(), key: None, private: false };
    Ask::Act { conversation, act: Act::Publish(line) }
}

fn follow(conversation: ConversationId, after: u64) -> Ask {
    Ask::Follow { conversation, from: Follow { after } }
}

async fn opened(kit: &Kit) -> ConversationId {
    kit.open().await.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_consumer_opens_follows_writes_and_closes_over_one_connection() {
    let kit = Kit::new().await;
    let mut consumer = Client::connect(served(&kit).await, &kit.consumer(ACME, 7)).await;
    consumer.ask("a", Ask::Open(serde_json::from_value(json!({"line": {"text": "hello"}})).unwrap())).await;
    let LiveMessage::Opened { opened, .. } = consumer.answer("a").await else { panic!("not opened") };
    consumer.ask("b", follow(opened.id, 0)).await;
    assert!(matches!(consumer.answer("b").await, LiveMessage::Following { .. }));
    consumer.until_line("hello").await;
    consumer.ask("c", publish(opened.id, "anybody?")).await;
    assert!(!consumer.until_line("anybody?").await.is_empty());
    consumer.ask("d", Ask::Act { conversation: opened.id, act: Act::Close }).await;
    consumer.written("d").await;
    consumer.ask("e", publish(opened.id, "one more")).await;
    assert_eq!(consumer.refused("e").await, "conversation.closed");
    consumer.ask("f", Ask::Unfollow { conversation: opened.id }).await;
    assert!(matches!(consumer.answer("f").await, LiveMessage::Unfollowed { .. }));
}

#[tokio::test]
async fn lines_of_one_connection_keep_their_order() {
    let kit = Kit::new().await;
    let conversation = opened(&kit).await;
    let mut consumer = Client::connect(served(&kit).await, &kit.consumer(ACME, 7)).await;
    for number in 0..100 {
        consumer.ask(&number.to_string(), publish(conversation, &format!("line {number}"))).await;
    }
    let mut places = Vec::new();
    for number in 0..100 {
        places.push((consumer.written(&number.to_string()).await, number));
    }
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn who_comes_back_goes_on_after_the_last_event_they_have() {
    let kit = Kit::new().await;
    let conversation = opened(&kit).await;
    let (address, token) = (served(&kit).await, kit.consumer(ACME, 7));
    let mut first = Client::connect(address, &token).await;
    first.ask("1", follow(conversation, 0)).await;
    first.ask("2", publish(conversation, "before")).await;
    let last = *first.until_line("before").await.last().unwrap();
    drop(first);
    let mut second = Client::connect(address, &token).await;
    second.ask("1", publish(conversation, "between")).await;
    second.written("1").await;
    second.ask("2", follow(conversation, last)).await;
    second.ask("3", publish(conversation, "after")).await;
    let places = second.until_line("after").await;
    assert_eq!(places, [last + 1, last + 2], "nothing twice, nothing missing");
}

#[tokio::test]
async fn roles_are_those_of_the_http_routes() {
    let kit = Kit::new().await;
    let conversation = opened(&kit).await;
    let address = served(&kit).await;
    let accept = || Ask::Act { conversation, act: Act::Accept(AcceptConversation::default()) };
    let mut consumer = Client::connect(address, &kit.consumer(ACME, 7)).await;
    consumer.ask("1", accept()).await;
    assert_eq!(consumer.refused("1").await, "auth.forbidden");
    let mut developer = Client::connect(address, &kit.token(ACME, &[UserRole::FaasDeveloper]).await).await;
    developer.ask("1", follow(conversation, 0)).await;
    assert!(matches!(developer.answer("1").await, LiveMessage::Following { .. }));
    developer.ask("2", publish(conversation, "may I?")).await;
    assert_eq!(developer.refused("2").await, "auth.forbidden");
    let mut agent = Client::connect(address, &kit.token(ACME, &[UserRole::Agent]).await).await;
    agent.ask("1", accept()).await;
    agent.written("1").await;
    let mut stranger = Client::connect(address, &kit.consumer(ACME, 8)).await;
    stranger.ask("1", publish(conversation, "mine now")).await;
    stranger.ask("2", follow(conversation, 0)).await;
    assert_eq!(stranger.refused("1").await, "conversation.not_found");
    assert_eq!(stranger.refused("2").await, "conversation.not_found");
}

#[test]
fn every_request_has_the_row_of_an_http_route() {
    let conversation = ConversationId::from_bits(1);
    let participant: convoke_api::v1::participant::ParticipantRef = "4711".parse().unwrap();
    let role = convoke_api::v1::participant::Role::Reader;
    let bodies = json!({
        "publish": {"text": "hi"}, "join": {"participant": participant, "role": role},
        "leave": {"participant": participant}, "accept": {}, "transfer": {"skill": WORKSHOP},
        "step_up": {"identity": "x"}, "close": null, "set_ttr": {"ttr": {"type": "urgent"}},
        "set_manual_deadline": {"deadline": null}, "follow": {}, "open": {}, "board": {}, "set_note": {"note": "x"},
        "receive": {"receipt": "read", "lines": [0]}, "rate": {"rate": 4},
    });
    let mut paths = BTreeSet::new();
    for (kind, body) in bodies.as_object().unwrap() {
        let mut frame = json!({"id": "1", "type": kind, "conversation": conversation});
        if !body.is_null() {
            frame["body"] = body.clone();
        }
        let request = Request::read(frame.to_string().as_bytes()).unwrap();
        let (method, path) = super::asks::route(&request.ask).unwrap();
        let path = format!("/api/v1/accounts/{{account}}{path}");
        assert!(access::who(&method, &path).is_some(), "{kind}: {method} {path}");
        paths.insert((method.to_string(), path));
    }
    assert_eq!(paths.len(), bodies.as_object().unwrap().len(), "no two share a route");
}

#[tokio::test]
async fn what_is_wrong_is_answered_and_the_connection_goes_on() {
    let kit = Kit::new().await;
    let mut client = Client::connect(served(&kit).await, &kit.consumer(ACME, 7)).await;
    client.socket.send(Message::text("{")).await.unwrap();
    client.socket.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    let long = json!({"id": "1", "type": "ping", "body": "x".repeat(limits::LIVE_FRAME_BYTES_MAX)});
    client.send(&long).await;
    for code in ["request.invalid", "request.invalid", "request.too_large"] {
        let LiveMessage::Problem { id: None, problem } = client.next().await.unwrap() else {
            panic!("{code}")
        };
        assert_eq!(problem.code, code);
    }
    client.send(&json!({"id": "2", "type": "publish", "body": {"text": "hi"}})).await;
    assert_eq!(client.refused("2").await, "request.invalid");
    client.send(&json!({"id": "3", "type": "ping"})).await;
    assert!(matches!(client.answer("3").await, LiveMessage::Pong { .. }));
}

#[tokio::test]
async fn a_frame_that_is_far_too_large_ends_the_connection() {
    let kit = Kit::new().await;
    let mut client = Client::connect(served(&kit).await, &kit.consumer(ACME, 7)).await;
    let sent = client.socket.send(Message::text("x".repeat(limits::LIVE_FRAME_BYTES_READ_MAX + 1))).await;
    // The server may close before all of it was written.
    if sent.is_ok() {
        let closed = loop {
            match client.socket.next().await {
                Some(Ok(Message::Close(_)) | Err(_)) | None => break true,
                Some(Ok(Message::Text(_))) => break false,
                Some(Ok(_)) => {}
            }
        };
        assert!(closed);
    }
}

#[tokio::test]
async fn strangers_and_foreign_accounts_are_refused_at_the_door() {
    let kit = Kit::new().await;
    let address = served(&kit).await;
    let refused = async |account: &str, token: &str| {
        let stream = TcpStream::connect(address).await.unwrap();
        match Client::shake_hands(stream, account, token).await {
            Err(Error::Http(response)) => response.status().as_u16(),
            Ok(_) => 101,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(refused(ACME, "nonsense").await, 401);
    assert_eq!(refused(ACME, &kit.consumer(OTHER, 7)).await, 404);
    assert_eq!(refused("nobody", &kit.consumer(OTHER, 7)).await, 404);
    assert_eq!(refused(ACME, &kit.token(ACME, &[UserRole::FaasInvocation]).await).await, 403);
}

#[tokio::test]
async fn a_page_shows_its_token_as_a_subprotocol() {
    let kit = Kit::new().await;
    let stream = TcpStream::connect(served(&kit).await).await.unwrap();
    let address = stream.peer_addr().unwrap();
    let uri = format!("ws://{address}/api/v1/accounts/{ACME}/live");
    let mut request = uri.into_client_request().unwrap();
    let offered = format!("convoke.v1, {TOKEN_PROTOCOL}{}", kit.consumer(ACME, 7)).parse().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", offered);
    let (socket, response) = client_async(request, stream).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "convoke.v1");
    let mut client = Client { socket };
    client.ask("1", Ask::Ping).await;
    assert!(matches!(client.answer("1").await, LiveMessage::Pong { .. }));
}

#[tokio::test]
async fn a_revoked_token_and_a_stopping_server_end_the_connection() {
    let kit = Kit::new().await;
    let conversation = opened(&kit).await;
    let address = served(&kit).await;
    let mut agent = Client::connect(address, &kit.token(ACME, &[UserRole::Agent]).await).await;
    agent.ask("1", follow(conversation, 0)).await;
    agent.answer("1").await;
    let mut consumer = Client::connect(address, &kit.consumer(ACME, 7)).await;
    kit.delete("/users/4711", &kit.operator).await.ok(204);
    consumer.ask("1", publish(conversation, "still there?")).await;
    consumer.written("1").await;
    let end = loop {
        if let Err(reason) = agent.next().await {
            break reason;
        }
    };
    assert_eq!(end, "auth.required");
    kit.stopping.cancel();
    assert_eq!(consumer.next().await.unwrap_err(), "node.stopping");
}

#[tokio::test]
async fn a_guest_who_left_is_told_that_there_is_no_more() {
    let kit = Kit::new().await;
    let conversation = opened(&kit).await;
    let guest = "cons_00000000000000000000000000000008";
    let path = format!("/conversations/{conversation}/participants");
    kit.post(&path, &kit.operator, json!({"participant": guest, "role": "consumer"})).await.ok(200);
    let mut client = Client::connect(served(&kit).await, &kit.consumer(ACME, 8)).await;
    client.ask("1", follow(conversation, 0)).await;
    client.answer("1").await;
    kit.delete(&format!("{path}/{guest}"), &kit.operator).await.ok(200);
    let ended = loop {
        if let LiveMessage::Ended { problem, .. } = client.next().await.unwrap() {
            break problem.code;
        }
    };
    assert_eq!(ended, "conversation.not_found");
    client.ask("2", Ask::Ping).await;
    assert!(matches!(client.answer("2").await, LiveMessage::Pong { .. }));
}

#[tokio::test]
async fn a_connection_follows_a_bounded_number_of_conversations() {
    let kit = Kit::new().await;
    let mut client = Client::connect(served(&kit).await, &kit.operator).await;
    let mut follows = super::Follows::default();
    for number in 0..limits::LIVE_FOLLOWED_MAX {
        assert!(follows.begin(ConversationId::from_bits(number as u128)).is_some());
    }
    assert!(follows.begin(ConversationId::from_bits(0)).is_some(), "again is no more");
    assert!(follows.begin(ConversationId::from_bits(u128::MAX)).is_none());
    follows.stop(ConversationId::from_bits(0));
    assert!(follows.begin(ConversationId::from_bits(u128::MAX)).is_some());
    client.ask("1", follow(ConversationId::from_bits(1), 0)).await;
    assert_eq!(client.refused("1").await, "conversation.not_found");
}

/// A client that the system buffers little for, so that its slowness is felt soon.
async fn slow_client(address: SocketAddr, token: &str) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    Client::shake_hands(socket.connect(address).await.unwrap(), ACME, token).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_keep_up_is_told_to_follow_again_and_misses_nothing() {
    const LINES: usize = 1_500;
    let kit = Kit::new().await;
    let conversation = opened(&kit).await;
    let address = served(&kit).await;
    let mut slow = slow_client(address, &kit.operator).await;
    slow.ask("1", follow(conversation, 0)).await;
    slow.answer("1").await;
    let mut quick = Client::connect(address, &kit.consumer(ACME, 7)).await;
    let long = "x".repeat(8 * 1024 - 8);
    for number in 0..LINES {
        quick.ask(&number.to_string(), publish(conversation, &format!("{number} {long}"))).await;
        quick.written(&number.to_string()).await;
    }
    let mut seen = 0;
    let mut lines = 0;
    let mut resyncs = 0;
    while lines < LINES {
        match slow.next().await.unwrap() {
            LiveMessage::Event { event, .. } => {
                assert_eq!(event.seq, seen + 1);
                seen = event.seq;
                lines += usize::from(
                    matches!(&event.event, Event::LinePublished { line: Some(line), .. } if line.len() > 8_000),
                );
            }
            LiveMessage::Resync { after, .. } => {
                assert_eq!(after, seen);
                resyncs += 1;
                slow.ask("again", follow(conversation, after)).await;
            }
            _ => {}
        }
    }
    assert!(resyncs > 0, "the client was not slow enough to prove anything");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_told_nothing_is_let_go_with_the_next_ping_after_its_token_ended() {
    let kit = Kit::new().await;
    let conversation = opened(&kit).await;
    let path = format!("/conversations/{conversation}");
    kit.post(&format!("{path}/accept"), &kit.operator, json!({"agent": "4711"})).await.ok(200);
    let other = Principal::User(UserId::new(4712).unwrap());
    let token = kit.issue(ACME, other, &[UserRole::Agent]).await;
    let mut client = Client::connect(served(&kit).await, &token).await;
    client.ask("1", Ask::Board(SeeBoard::default())).await;
    client.answer("1").await;
    let begun = tokio::time::Instant::now();
    kit.delete("/users/4712", &kit.operator).await.ok(204);
    // A change that is nothing to them.
    kit.put(&format!("{path}/ttr"), &kit.operator, json!({"ttr": {"type": "urgent"}})).await.ok(200);
    assert_eq!(client.next().await.unwrap_err(), "auth.required");
    assert!(begun.elapsed() < limits::LIVE_SILENCE_MAX);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_let_go() {
    let kit = Kit::new().await;
    let mut client = Client::connect(served(&kit).await, &kit.consumer(ACME, 7)).await;
    let begun = tokio::time::Instant::now();
    tokio::time::advance(limits::LIVE_SILENCE_MAX).await;
    assert_eq!(client.next().await.unwrap_err(), "request.timed_out");
    assert!(begun.elapsed() >= limits::LIVE_SILENCE_MAX);
}
