//! The sockets as their clients see them, over real ones.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test that finds something else than it expects stops there"
)]

mod agents;
mod consumers;
mod fields;
mod frames;
mod hostile;
mod needed;
mod people;
mod routing;
mod surveys;

use std::collections::VecDeque;
use std::net::SocketAddr;

use convoke_domain::account::{Principal, UserRole};
use convoke_domain::id::UserId;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use tokio_util::task::TaskTracker;

use crate::serve::Endpoint;
use crate::testing::{ACME, Kit, SKILL};

/// A kit on a socket.
struct Center {
    kit: Kit,
    address: SocketAddr,
}

impl Center {
    async fn new() -> Self {
        Self::with(Kit::new().await).await
    }

    async fn with(kit: Kit) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let endpoint = Endpoint { listener, tls: None, router: kit.router.clone(), behind_proxy: false };
        TaskTracker::new().spawn(crate::serve(vec![endpoint], kit.stopping.clone()));
        Self { kit, address }
    }

    async fn token_of(&self, user: u64) -> String {
        let principal = Principal::User(UserId::new(user).unwrap());
        self.kit.issue(ACME, principal, &[UserRole::Agent]).await
    }

    /// An agent's socket.
    async fn agent(&self, user: u64) -> Client {
        self.agent_with(&self.token_of(user).await).await
    }

    /// The socket of whoever has this token.
    async fn agent_with(&self, token: &str) -> Client {
        self.knock(&format!("/ws_api/account/{ACME}/messaging/brand/{token}?v=2.1"), &[]).await.unwrap()
    }

    /// The same, of an agent who takes conversations.
    async fn at_work(&self, user: u64) -> Client {
        let mut agent = self.agent(user).await;
        agent.ask(".ams.routing.SubscribeRoutingTasks", json!({})).await;
        agent.told(".ams.routing.RoutingTaskNotification").await;
        agent.ask(".ams.routing.SetAgentState", json!({"availability": "ONLINE"})).await;
        agent
    }

    async fn jwt(&self) -> String {
        self.jwt_of(ACME).await
    }

    async fn jwt_of(&self, account: &str) -> String {
        let path = format!("/api/account/{account}/signup");
        let reply = self.kit.raw(axum::http::Method::POST, &path, "", Value::Null).await;
        reply.ok(200)["jwt"].as_str().unwrap().to_owned()
    }

    /// A consumer's socket, with the token in the handshake.
    async fn consumer(&self, jwt: &str, features: &[&str]) -> Client {
        let properties = json!({"features": features}).to_string();
        let headers = [("authorization", format!("jwt {jwt}")), ("client-properties", properties)];
        self.knock(&consumers(), &headers).await.unwrap()
    }

    /// A consumer's socket in this account.
    async fn consumer_of(&self, account: &str) -> Client {
        let headers = [("authorization", format!("jwt {}", self.jwt_of(account).await))];
        let path = format!("/ws_api/account/{account}/messaging/consumer?v=3");
        self.knock(&path, &headers).await.unwrap()
    }

    async fn knock(&self, path: &str, headers: &[(&'static str, String)]) -> Result<Client, Error> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let mut request = format!("ws://{}{path}", self.address).into_client_request()?;
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let socket = client_async(request, stream).await?.0;
        Ok(Client { socket, asked: 0, passed: VecDeque::new(), heard: Vec::new() })
    }
}

/// Where consumers come in.
fn consumers() -> String {
    format!("/ws_api/account/{ACME}/messaging/consumer?v=3")
}

/// A client that says what it expects. What it passes over it remembers.
struct Client {
    socket: WebSocketStream<TcpStream>,
    asked: u32,
    passed: VecDeque<Value>,
    /// Every frame that came.
    heard: Vec<Value>,
}

impl Client {
    async fn send(&mut self, frame: &Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// Sends a request and gives its id.
    async fn begin(&mut self, kind: &str, body: Value) -> String {
        self.asked += 1;
        let id = format!("r{}", self.asked);
        self.send(&json!({"kind": "req", "id": id, "type": kind, "body": body})).await;
        id
    }

    /// Asks, and gives the body of the answer, which is no refusal.
    #[track_caller]
    fn ask(&mut self, kind: &str, body: Value) -> impl Future<Output = Value> {
        let kind = kind.to_owned();
        async move {
            let id = self.begin(&kind, body).await;
            let answer = self.answer(&id).await;
            assert!(answer["code"].as_u64().unwrap() < 400, "{kind}: {answer}");
            answer["body"].clone()
        }
    }

    /// Asks, and gives code and title of the refusal.
    async fn refused(&mut self, kind: &str, body: Value) -> (u64, String) {
        let id = self.begin(kind, body).await;
        let answer = self.answer(&id).await;
        assert_eq!(answer["type"], ".ReqBody$ErrorResp", "{answer}");
        (answer["code"].as_u64().unwrap(), answer["body"]["title"].as_str().unwrap().to_owned())
    }

    async fn answer(&mut self, id: &str) -> Value {
        self.find(|frame| frame["kind"] == "resp" && frame["reqId"] == id).await
    }

    /// The body of the next notification of a type.
    async fn told(&mut self, kind: &str) -> Value {
        self.find(|frame| frame["kind"] == "notification" && frame["type"] == kind).await["body"].clone()
    }

    /// The first frame that was or is received for which this holds.
    async fn find(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(place) = self.passed.iter().position(&wanted) {
            return self.passed.remove(place).unwrap();
        }
        loop {
            let frame = self.next().await.expect("the socket is open");
            if wanted(&frame) {
                return frame;
            }
            self.passed.push_back(frame);
        }
    }

    /// The next frame; the code if the socket was closed instead.
    async fn next(&mut self) -> Result<Value, u16> {
        let next = async {
            loop {
                match self.socket.next().await.expect("the server closes before it goes").unwrap() {
                    Message::Text(text) => return Ok(serde_json::from_str(&text).unwrap()),
                    Message::Close(frame) => return Err(frame.unwrap().code.into()),
                    _ => {}
                }
            }
        };
        let next = tokio::time::timeout(std::time::Duration::from_secs(20), next).await;
        let next = next.expect("something comes");
        self.heard.extend(next.iter().cloned());
        next
    }

    /// Everything that was told before the answer to a question of the time.
    async fn settled(&mut self) -> Vec<Value> {
        let id = self.begin("GetClock", json!({})).await;
        self.answer(&id).await;
        self.passed.drain(..).collect()
    }

    /// The next message with this text.
    async fn line(&mut self, text: &str) -> Value {
        let is_it = |message: &Value| message["event"]["message"] == text;
        let frame = self.find(|frame| is_it(&frame["body"]) || messages(frame).iter().any(is_it)).await;
        if is_it(&frame["body"]) {
            return frame["body"].clone();
        }
        messages(&frame).into_iter().find(is_it).unwrap()
    }

    /// The next conversation that a subscription is told of for which this holds, and how it is told.
    async fn change(&mut self, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let holds = |frame: &Value| {
            let changes = frame["body"]["changes"].as_array().cloned().unwrap_or_default();
            let named =
                frame["type"].as_str().is_some_and(|name| name.ends_with("ExConversationChangeNotification"));
            named && changes.iter().any(|change| change["type"] == kind && wanted(&change["result"]))
        };
        let frame = self.find(holds).await;
        let changes = frame["body"]["changes"].as_array().unwrap();
        let change = changes.iter().find(|change| change["type"] == kind && wanted(&change["result"]));
        change.unwrap()["result"].clone()
    }

    /// The next offer in this state.
    async fn ring(&mut self, state: &str) -> Value {
        let of = |frame: &Value| frame["body"]["changes"][0]["result"]["ringsDetails"][0].clone();
        let frame = self
            .find(|frame| {
                frame["type"] == ".ams.routing.RoutingTaskNotification" && of(frame)["ringState"] == state
            })
            .await;
        of(&frame)
    }

    /// Accepts the next offer and gives its conversation.
    async fn accept(&mut self) -> String {
        let ring = self.ring("WAITING").await;
        let body = json!({"ringId": ring["ringId"], "ringState": "ACCEPTED"});
        self.ask(".ams.routing.UpdateRingState", body).await;
        ring["convId"].as_str().unwrap().to_owned()
    }

    async fn open(&mut self) -> String {
        let body =
            json!({"skillId": SKILL, "conversationContext": {"type": "SharkContext", "lang": "en-US"}});
        let opened = self.ask("cm.ConsumerRequestConversation", body).await;
        opened["conversationId"].as_str().unwrap().to_owned()
    }

    async fn publish(&mut self, conversation: &str, text: &str) -> u64 {
        let event = json!({"type": "ContentEvent", "contentType": "text/plain", "message": text});
        let body = json!({"dialogId": conversation, "conversationId": conversation, "event": event});
        self.ask("ms.PublishEvent", body).await["sequence"].as_u64().unwrap()
    }

    async fn update(&mut self, conversation: &str, fields: Value) -> Value {
        let body = json!({"conversationId": conversation, "conversationField": fields});
        self.ask(".ams.cm.UpdateConversationField", body).await
    }
}

/// The messages of a notification to a consumer.
fn messages(frame: &Value) -> Vec<Value> {
    if frame["type"] != "ms.MessagingEventNotification" {
        return Vec::new();
    }
    frame["body"]["changes"].as_array().cloned().unwrap_or_default()
}
