//! A whole server for tests, without a socket: an engine on the memory store, and functions that are closures.

mod host;

use std::sync::{Arc, LazyLock, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use convoke_domain::account::{AccessToken, Actor, Command, Principal, Skill, TokenKind, User, UserRole};
use convoke_domain::automatic_message::Language;
use convoke_domain::id::{AccountId, ConsumerId, SkillId, UserId};
use convoke_engine::keys::MasterKey;
use convoke_engine::ports::{MovableClock, Ports, SeededEntropy};
use convoke_engine::{Engine, Handle, MemoryFiles, Settings};
use convoke_store::MemoryStore;
use convoke_store::runs::MemoryRuns;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::auth::{Auth, NewToken, TokenSigner};
use crate::caller::Peer;
use crate::http::Routers;
use crate::lp::{InProcess, Published};
use crate::server::{Demo, Planes, Server};
use crate::templates::Templates;
use crate::webhooks::Deliveries;
pub(crate) use host::ScriptedHost;

/// The account of most tests.
pub(crate) const ACME: &str = "acme";
/// An account of somebody else.
pub(crate) const OTHER: &str = "other";
/// The skill that is the default of both.
pub(crate) const SKILL: &str = "123456";
/// A second skill.
pub(crate) const WORKSHOP: &str = "2";
/// The agent of both accounts.
pub(crate) const AGENT: u64 = 4711;

/// A server with two accounts alike.
pub(crate) struct Kit {
    /// Runs as long as the kit does.
    _engine: Engine,
    pub(crate) router: Router,
    pub(crate) operators: Router,
    pub(crate) in_process: InProcess,
    pub(crate) handle: Handle,
    pub(crate) clock: Arc<MovableClock>,
    pub(crate) stopping: CancellationToken,
    pub(crate) operator: String,
    pub(crate) auth: Auth,
    pub(crate) files: Arc<MemoryFiles>,
    deliveries: Mutex<Option<Deliveries>>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    /// The body; `null` if there is none.
    pub(crate) fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    /// Checks that it is a problem document with this status and code.
    #[track_caller]
    pub(crate) fn fails(&self, status: u16, code: &str) -> Value {
        let problem = self.ok(status);
        assert_eq!(problem["code"], code, "{}", self.text);
        assert_eq!(problem["status"], status);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        problem
    }
}

impl Kit {
    /// A server whose functions answer nothing.
    pub(crate) async fn new() -> Self {
        Self::with(ScriptedHost::silent()).await
    }

    /// A server whose functions are `host`.
    pub(crate) async fn with(host: ScriptedHost) -> Self {
        let clock = Arc::new(MovableClock::standing("2026-03-03T10:00:00Z".parse().unwrap()));
        let ports = Ports {
            store: Arc::new(MemoryStore::new()),
            runs: Arc::new(MemoryRuns::default()),
            sandbox: Arc::new(host),
            clock: clock.clone(),
            entropy: Arc::new(SeededEntropy::new(1)),
            master_key: MasterKey::new([7; 32]),
        };
        let engine = Engine::start(ports, Settings { shards: 1.try_into().unwrap(), ..Settings::default() })
            .await
            .unwrap();
        let handle = engine.handle();
        let operator = NewToken::operator(&SeededEntropy::new(2));
        let auth = || Auth::new(&[3; 32], Some(&operator), signer()).with_time(clock.clone());
        for account in [ACME, OTHER] {
            furnish(&handle, &account.parse().unwrap()).await;
        }
        let stopping = CancellationToken::new();
        let demo = Demo {
            account: ACME.parse().unwrap(),
            agent: agent(),
            agent_token: "agent's".to_owned(),
            admin_token: "administrator's".to_owned(),
        };
        let files = Arc::new(MemoryFiles::default());
        let server = Server {
            handle: handle.clone(),
            auth: auth(),
            file_store: files.clone(),
            templates: Templates::built_in(),
            movable_clock: Some(clock.clone()),
            demo: Some(demo),
            planes: Planes { published: Published::at("localhost", 8443) },
            stopping: stopping.clone(),
        };
        let auth = auth();
        let Routers { everything, operators, in_process, deliveries, .. } = crate::routers(server);
        Self {
            _engine: engine,
            router: everything,
            operators,
            in_process,
            handle,
            clock,
            stopping,
            operator,
            auth,
            files,
            deliveries: Mutex::new(Some(deliveries)),
        }
    }

    /// Begins to deliver to webhooks.
    pub(crate) fn deliver(&self) {
        let deliveries = self.deliveries.lock().unwrap().take().expect("it begins once");
        TaskTracker::new().spawn(deliveries.run());
    }

    /// A token of the agent with these roles.
    pub(crate) async fn token(&self, account: &str, roles: &[UserRole]) -> String {
        self.issue(account, Principal::User(agent()), roles).await
    }

    /// A token with these roles for anybody of the account.
    pub(crate) async fn issue(&self, account: &str, principal: Principal, roles: &[UserRole]) -> String {
        let account: AccountId = account.parse().unwrap();
        let new = NewToken::generate(&account, self.handle.entropy());
        let token = AccessToken {
            name: "test".to_owned(),
            sha256: new.sha256,
            principal,
            roles: roles.iter().copied().collect(),
            expires_at: self.handle.now() + jiff::SignedDuration::from_hours(24),
            kind: TokenKind::Key,
        };
        let command = Command::IssueToken { id: new.id, token, at: self.handle.now() };
        self.handle.configure(&account, &Actor::System, command).await.unwrap();
        new.text
    }

    /// An administrator's token.
    pub(crate) async fn admin(&self) -> String {
        self.token(ACME, &[UserRole::Administrator]).await
    }

    /// A token of a consumer.
    pub(crate) fn consumer(&self, account: &str, bits: u128) -> String {
        let consumer = ConsumerId::from_bits(bits);
        self.auth.consumer_token(&account.parse().unwrap(), consumer).0
    }

    /// Sends JSON, or nothing if it is `null`; the path is below the account of most tests.
    pub(crate) async fn send(&self, method: Method, path: &str, token: &str, body: Value) -> Reply {
        self.raw(method, &format!("/api/v1/accounts/{ACME}{path}"), token, body).await
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Reply {
        self.send(Method::GET, path, token, Value::Null).await
    }

    pub(crate) async fn post(&self, path: &str, token: &str, body: Value) -> Reply {
        self.send(Method::POST, path, token, body).await
    }

    pub(crate) async fn put(&self, path: &str, token: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, token, body).await
    }

    pub(crate) async fn delete(&self, path: &str, token: &str) -> Reply {
        self.send(Method::DELETE, path, token, Value::Null).await
    }

    /// Sends JSON, or nothing if it is `null`, to any path.
    pub(crate) async fn raw(&self, method: Method, path: &str, token: &str, body: Value) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        self.request(request.header(header::CONTENT_TYPE, "application/json").body(body).unwrap()).await
    }

    /// Sends any request.
    pub(crate) async fn request(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Reply { status: parts.status, headers: parts.headers, text }
    }

    /// A function greets whoever opens a conversation: in the time until it ends, what others want to change waits.
    pub(crate) async fn greet(&self) {
        let developer = self.token(ACME, &[UserRole::FaasDeveloper]).await;
        let greet = serde_json::json!({"name": "greet", "template": "new-conversation"});
        self.post("/functions", &developer, greet).await.ok(201);
        self.post("/functions/greet/deploy", &developer, Value::Null).await.ok(200);
    }

    /// Opens a conversation of consumer 7 and gives its path.
    pub(crate) async fn open(&self) -> String {
        let opened = self.post("/conversations", &self.consumer(ACME, 7), serde_json::json!({})).await;
        format!("/conversations/{}", opened.ok(201)["id"].as_str().unwrap())
    }
}

/// The agent's id.
pub(crate) fn agent() -> UserId {
    UserId::new(AGENT).unwrap()
}

/// An address of this machine, as requests over a socket have one.
pub(crate) fn local() -> Peer {
    Peer(([127, 0, 0, 1], 5000).into())
}

async fn furnish(handle: &Handle, account: &AccountId) {
    let skill: SkillId = SKILL.parse().unwrap();
    let workshop: SkillId = WORKSHOP.parse().unwrap();
    let user = |login: &str, pid: u128, roles: &[UserRole]| User {
        login_name: login.to_owned(),
        nickname: login.to_owned(),
        pid: Uuid::from_u128(pid),
        skills: [skill.clone(), workshop.clone()].into(),
        roles: roles.iter().copied().collect(),
        enabled: true,
        load_max: None,
    };
    let most = &UserRole::ALL[..6];
    let name = account.to_string();
    let commands = [
        Command::Create { id: account.clone(), name, default_language: Language::english() },
        Command::DefineSkill { id: skill.clone(), skill: Skill::named("Sales") },
        Command::DefineSkill { id: workshop.clone(), skill: Skill::named("Workshop") },
        Command::SetDefaultSkill { skill: Some(skill.clone()) },
        Command::DefineUser { id: agent(), user: user("grace", 1, most) },
        Command::DefineUser { id: UserId::new(4712).unwrap(), user: user("linus", 2, &[UserRole::Agent]) },
        Command::SwitchControllerBot { enabled: true },
    ];
    for command in commands {
        handle.configure(account, &Actor::System, command).await.unwrap();
    }
}

/// One signer for all tests: making its key takes a while.
pub(crate) fn signer() -> Arc<TokenSigner> {
    static SIGNER: LazyLock<Arc<TokenSigner>> =
        LazyLock::new(|| Arc::new(TokenSigner::new(&TokenSigner::generate()).unwrap()));
    Arc::clone(&SIGNER)
}

/// Waits for a condition that the engine brings about by itself.
pub(crate) async fn until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    let waiting = async {
        while !condition().await {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), waiting).await.expect("it comes about");
}
