//! What a client asks, done: reads at once, writes as soon as they are durable.
//!
//! A write is put before its conversation's writer in the order in which requests came, before the next one is looked at;
//! only its answer is waited for beside others. So pipelined requests are decided in their order, and a conversation that
//! waits for its function holds up nobody else's.

use std::collections::BTreeSet;
use std::sync::Arc;

use convoke_api::lp::messaging::{
    Ask, Changed, Dialect, Filter, Publish, Published, Query, Refused, Request, RingAnswer, change, changes,
    message, message_of, pid_of,
};
use convoke_api::problem::Problem;
use convoke_domain::conversation::{
    Action, Command, Conversation, Event, ParticipantId, Recorded, Rejection, Reply,
};
use convoke_domain::id::{ConsumerId, ConversationId};
use convoke_domain::sequence::EventSeq;
use convoke_engine::{Availability, CardView, ChatState, EngineError, ListFilter, OfferId, Opening, Written};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::dialogs::{Ear, hears};
use super::offers;
use super::session::{End, Session, Side, failed};
use crate::limits;
use crate::problem::ApiError;

/// A request whose answer is not there yet.
pub(super) type Under = BoxFuture<'static, Answered>;

/// What came of a request.
pub(super) enum Answered {
    /// A write that is answered with a text.
    Done { id: String, result: Result<Written, EngineError> },
    /// Something was published.
    Published { id: String, conversation: ConversationId, result: Result<Written, EngineError> },
    /// An offer was accepted, or not.
    Taken { id: String, offer: OfferId, result: Result<Written, EngineError> },
    /// A conversation was opened, or not.
    Opened { id: String, result: Result<ConversationId, EngineError> },
}

impl Session {
    /// Does what a request asks, or begins to.
    pub(super) async fn ask(&mut self, request: Request) -> Result<(), End> {
        self.refresh();
        let id = request.id.clone();
        let done = match Ask::read(&request) {
            Ok(ask) if self.is_other_sides(&ask) => Err(Asked::No(Refused::other_side(&request.kind))),
            Ok(ask) => self.do_it(&id, ask).await,
            Err(refused) => Err(Asked::No(refused)),
        };
        match done {
            Ok(()) => Ok(()),
            Err(Asked::No(refused)) => {
                self.refuse(&id, &refused);
                Ok(())
            }
            Err(Asked::End(end)) => Err(end),
        }
    }

    /// Whether only the other side of a conversation asks this.
    fn is_other_sides(&self, ask: &Ask) -> bool {
        let agents = match ask {
            Ask::SetAgentState(_)
            | Ask::SubscribeAgentsState(_)
            | Ask::SubscribeRoutingTasks
            | Ask::UpdateRoutingTasks(_)
            | Ask::UpdateRing(_) => true,
            Ask::InitConnection | Ask::Open(_) => false,
            Ask::GetClock
            | Ask::SubscribeConversations(_)
            | Ask::UpdateConversations(..)
            | Ask::Unsubscribe(_)
            | Ask::QueryMessages(_)
            | Ask::SubscribeMessages(..)
            | Ask::Publish(_)
            | Ask::GetProfile(_)
            | Ask::Update(..) => return false,
        };
        agents != matches!(self.side, Side::Agent(_))
    }

    async fn do_it(&mut self, id: &str, ask: Ask) -> Result<(), Asked> {
        match ask {
            Ask::GetClock => {
                let body = json!({"currentTime": self.server.handle.now().as_millisecond()});
                self.respond(id, 200, self.names().clock, &body);
            }
            // It is known already.
            Ask::InitConnection => self.respond(id, 200, self.names().text, &json!("OK")),
            Ask::SetAgentState(word) => self.set_availability(id, &word)?,
            Ask::SubscribeAgentsState(agent) => self.subscribe_presences(id, agent)?,
            Ask::SubscribeRoutingTasks => self.subscribe_offers(id),
            Ask::UpdateRoutingTasks(subscription) => {
                if self.offers.as_ref() != Some(&subscription) {
                    return Err(no_subscription().into());
                }
                self.subscribe_offers(id);
            }
            Ask::UpdateRing(answer) => self.answer_ring(id, &answer)?,
            Ask::SubscribeConversations(body) => {
                let filter = self.filter(&body)?;
                let subscription = self.subscriptions.begin(filter)?;
                self.begin_subscription(id, &subscription).await?;
            }
            Ask::UpdateConversations(subscription, body) => {
                let filter = self.filter(&body)?;
                self.subscriptions.update(&subscription, filter)?;
                self.begin_subscription(id, &subscription).await?;
            }
            Ask::Unsubscribe(subscription) => {
                self.subscriptions.end(&subscription)?;
                self.look_at_interest();
                self.respond(id, 200, self.names().text, &json!("OK"));
            }
            Ask::QueryMessages(query) => self.query(id, query).await?,
            Ask::SubscribeMessages(conversation, from) => {
                self.subscribe_messages(id, conversation, from).await?;
            }
            Ask::Publish(publish) => self.publish(id, publish).await?,
            Ask::GetProfile(of) => self.profile(id, of)?,
            Ask::Open(opening) => self.open(id, *opening).await?,
            Ask::Update(conversation, fields) => {
                let state = self.state(conversation).await?;
                let account = &self.tenant.view.account;
                let action = changes(Some(&fields), &state, account, self.participant())?;
                let asked = self.command(conversation, action)?;
                self.later(id, asked, |id, result| Answered::Done { id, result });
            }
        }
        Ok(())
    }

    fn set_availability(&mut self, id: &str, word: &str) -> Result<(), Asked> {
        let availability = Availability::from_wire(word)
            .ok_or_else(|| Refused::invalid("availability", format!("{word} is not known")))?;
        self.follower.set_availability(availability);
        self.respond(id, 202, self.names().text, &json!("OK"));
        Ok(())
    }

    fn subscribe_presences(&mut self, id: &str, agent: Option<String>) -> Result<(), Asked> {
        let account = &self.tenant.view.account;
        let of = match agent {
            Some(text) => {
                let unknown = || Refused::not_found("agent.unknown", "agentId names nobody of this account");
                Some(account.agent_by_text(&text).ok_or_else(unknown)?.0)
            }
            None => None,
        };
        let subscription = "agents-1".to_owned();
        let known = match of {
            Some(agent) => vec![(agent, self.follower.presence(agent))],
            None => self.follower.presences(),
        };
        let told = offers::presences(&subscription, &known, account);
        self.respond(id, 200, self.names().subscribed, &json!({"subscriptionId": subscription}));
        self.out.push_back(told);
        self.presences = Some((subscription, of));
        Ok(())
    }

    fn subscribe_offers(&mut self, id: &str) {
        let Side::Agent(user) = self.side else { return };
        let subscription = "offers-1".to_owned();
        self.follower.listen_to_offers();
        let open = self.follower.offers_to(user);
        let told = offers::offers(&subscription, &open, &self.tenant.view.account);
        self.respond(id, 200, self.names().subscribed, &json!({"subscriptionId": subscription}));
        self.out.push_back(told);
        self.offers = Some(subscription);
    }

    fn answer_ring(&mut self, id: &str, answer: &RingAnswer) -> Result<(), Asked> {
        let offer = OfferId::named(&answer.ring);
        let over = |refused: convoke_engine::OfferRefused| match refused {
            convoke_engine::OfferRefused::Unknown => Refused::not_found("offer.unknown", refused.to_string()),
            convoke_engine::OfferRefused::Over => Refused::over("offer.over", refused.to_string()),
        };
        if !answer.accepted {
            self.follower.reject(&offer).map_err(over)?;
            self.respond(id, 202, self.names().text, &json!("OK"));
            return Ok(());
        }
        let Side::Agent(agent) = self.side else { return Ok(()) };
        let conversation = self.follower.accept(&offer).map_err(over)?;
        let asked = self.command(conversation, Action::Accept { agent });
        let asked = asked.inspect_err(|_| self.follower.accepted(&offer, false))?;
        self.later(id, asked, |id, result| Answered::Taken { id, offer, result });
        Ok(())
    }

    /// What a subscription is about; a consumer's are about their own conversations.
    fn filter(&self, body: &serde_json::Map<String, Value>) -> Result<Filter, Refused> {
        let mut filter = Filter::read(body, &self.tenant.view.account)?;
        if let Side::Consumer { consumer, .. } = self.side {
            filter.consumer = Some(consumer);
            filter.agents = None;
        }
        Ok(filter)
    }

    /// Answers a subscription and tells of what there is, also if that is nothing.
    async fn begin_subscription(&mut self, id: &str, subscription: &str) -> Result<(), Asked> {
        // Listens first: what changes from here on is told again.
        self.look_at_interest();
        self.respond(id, 200, self.names().conversations, &json!({"subscriptionId": subscription}));
        let Some(filter) = self.subscriptions.filter(subscription).cloned() else { return Ok(()) };
        let mut cards = Vec::new();
        if filter.open {
            let agents = filter.agents.clone().filter(|_| filter.consumer.is_none()).unwrap_or_default();
            let consumers: BTreeSet<ConsumerId> = filter.consumer.into_iter().collect();
            // An agent who is not known has no conversations; nobody named means all.
            let nobody = filter.agents.as_ref().is_some_and(BTreeSet::is_empty);
            if !nobody {
                let matches = |state: &Conversation| filter.matches(state);
                cards = self.follower.open_conversations(&agents, &consumers, limits::SNAPSHOT_MAX, matches);
            }
        }
        if filter.closed {
            let most = limits::SNAPSHOT_MAX - cards.len();
            cards.extend(self.closed_conversations(&filter, most).await?);
        }
        let account = Arc::clone(&self.tenant.view);
        let told = cards.iter().map(|card| {
            change(self.dialect, Changed::Matches, &card.state, self.last_line(card), &account.account)
        });
        let told: Vec<Value> = told.collect();
        for card in &cards {
            self.subscriptions.knows(subscription, &card.state);
        }
        self.notify_of_changes(subscription, &told);
        Ok(())
    }

    /// Closed conversations that match, latest first; of the latest thousand of the account or the consumer.
    async fn closed_conversations(&mut self, filter: &Filter, most: usize) -> Result<Vec<CardView>, Asked> {
        let list = ListFilter { open: Some(false), consumer: filter.consumer, ..ListFilter::default() };
        let (handle, account) = (&self.server.handle, self.tenant.id());
        let rows = handle.conversations(account, &list, None, limits::SNAPSHOT_MAX).await?;
        let mut found = Vec::new();
        for row in rows {
            if found.len() >= most {
                break;
            }
            let state = handle.conversation(account, row.conversation).await?;
            if filter.matches(&state) {
                found.push(CardView::of(state));
            }
        }
        Ok(found)
    }

    /// Lines of a conversation that were written, by their sequence.
    async fn query(&mut self, id: &str, query: Query) -> Result<(), Asked> {
        self.state(query.conversation).await?;
        let events = self.follower.events_since(query.conversation, None).await?;
        let wanted = |recorded: &&Recorded| {
            // What is asked for is history: the Controller Bot's lines belong to it (DESIGN §3).
            let ear = if let Ear::Consumer { .. } = self.ear() {
                Ear::Consumer { automatic: true }
            } else {
                self.ear()
            };
            let sequence = sequence_of(recorded);
            hears(ear, query.from, recorded)
                && query.before.is_none_or(|before| sequence.is_some_and(|sequence| sequence < before))
        };
        let mut found: Vec<&Recorded> = events.iter().filter(wanted).collect();
        let most = query.most.unwrap_or(limits::QUERIED_MESSAGES_MAX).min(limits::QUERIED_MESSAGES_MAX);
        if query.from == 0 && query.before.is_some() {
            // Whoever scrolls back wants the latest before what they have.
            found.drain(..found.len().saturating_sub(most));
        }
        found.truncate(most);
        let account = &self.tenant.view.account;
        let told = found.into_iter();
        let told: Vec<Value> =
            told.filter_map(|event| message_of(self.dialect, event, query.conversation, account)).collect();
        self.respond(id, 200, self.names().messages, &Value::Array(told));
        Ok(())
    }

    /// Tells of a dialog from a sequence on, and then of what comes.
    async fn subscribe_messages(
        &mut self,
        id: &str,
        conversation: ConversationId,
        from: u32,
    ) -> Result<(), Asked> {
        self.state(conversation).await?;
        let events = self.follower.events_since(conversation, None).await?;
        self.dialogs.begin(conversation, None, from);
        let told = self.dialogs.told(conversation, self.ear(), &events);
        let account = &self.tenant.view.account;
        let messages: Vec<Value> = told
            .into_iter()
            .filter_map(|event| message_of(self.dialect, event, conversation, account))
            .collect();
        self.respond(id, 200, self.names().subscribed, &json!({}));
        for some in messages.chunks(limits::MESSAGES_AT_ONCE) {
            self.out.extend(message(self.dialect, conversation, some));
        }
        Ok(())
    }

    async fn publish(&mut self, id: &str, publish: Publish) -> Result<(), Asked> {
        let Publish { conversation, published } = publish;
        let state = self.state(conversation).await?;
        let action = match published {
            Published::Line(line) => Action::Publish(line),
            Published::Receipt { receipt, lines } => Action::Receive { receipt, lines },
            Published::ChatState(word) => {
                let who = self.participant();
                let role = state.role_of(who).ok_or(EngineError::from(Rejection::NotAParticipant))?;
                self.follower.tell_chat_state(&ChatState { conversation, who, role, state: word });
                self.respond(id, 200, self.names().published, &json!({"sequence": 0}));
                return Ok(());
            }
        };
        let asked = self.command(conversation, action)?;
        self.later(id, asked, move |id, result| Answered::Published { id, conversation, result });
        Ok(())
    }

    /// Who somebody is, as far as the brand's side and the person may know.
    fn profile(&mut self, id: &str, of: Option<String>) -> Result<(), Asked> {
        let account = &self.tenant.view.account;
        let unknown = || Refused::not_found("profile.unknown", "there is no such person");
        let who = match of {
            None => self.participant(),
            Some(text) => match text.parse::<ConsumerId>() {
                Ok(consumer) => ParticipantId::Consumer(consumer),
                Err(_) => ParticipantId::User(account.agent_by_text(&text).ok_or_else(unknown)?.0),
            },
        };
        if matches!(self.side, Side::Consumer { .. }) && who != self.participant() {
            return Err(unknown().into());
        }
        let (name, role) = match who {
            ParticipantId::User(user) => {
                (account.user(user).map_or("", |user| user.nickname.as_str()), "BRAND_AGENT")
            }
            ParticipantId::Consumer(_) | ParticipantId::ControllerBot => ("", "CONSUMER"),
        };
        let body = json!({
            "userId": pid_of(account, who),
            "firstName": name,
            "lastName": "",
            "avatarUrl": "",
            "role": role,
            "backgndImgUri": "",
            "description": "",
            "privateData": {},
            "authenticatedData": {"lp_sdes": []},
            "claims": {"lp_sdes": []},
        });
        self.respond(id, 200, self.names().profile, &body);
        Ok(())
    }

    async fn open(&mut self, id: &str, opening: convoke_api::lp::messaging::Opening) -> Result<(), Asked> {
        let Side::Consumer { consumer, authenticated, features } = &self.side else { return Ok(()) };
        let own = BTreeSet::from([*consumer]);
        let open =
            self.follower.open_conversations(&BTreeSet::new(), &own, limits::OPEN_OF_CONSUMER_MAX, |_| true);
        // Those that are being opened count too: who does not wait for answers gets no more than who does.
        if open.len() + self.opening >= limits::OPEN_OF_CONSUMER_MAX {
            let most = limits::OPEN_OF_CONSUMER_MAX;
            return Err(Refused::too_many(format!("a consumer has at most {most} open conversations")).into());
        }
        let address = self.peer.map(|peer| peer.0.ip().to_string());
        let mut described = opening.open;
        described.features.clone_from(features);
        let origin = described.origin(address.as_deref()).map_err(ApiError::from);
        let origin = origin.map_err(|error| Refused::of_problem(&error.into_problem()))?;
        let request = Opening {
            consumer: Some(*consumer),
            authenticated: *authenticated,
            skill: described.skill,
            origin,
            first_line: None,
        };
        let (handle, account, by) = (self.server.handle.clone(), self.tenant.id().clone(), self.actor());
        let id = id.to_owned();
        let opened = async move {
            let opened = handle.open(&account, request).await;
            let conversation = match opened {
                Ok(opened) => opened.conversation,
                Err(error) => return Answered::Opened { id, result: Err(error) },
            };
            if let Some(ttr) = opening.ttr {
                let command = Command { by, cause: None, action: Action::SetTtr { ttr } };
                if let Err(error) = handle.command(&account, conversation, command).await {
                    return Answered::Opened { id, result: Err(error) };
                }
            }
            Answered::Opened { id, result: Ok(conversation) }
        };
        self.opening += 1;
        self.put_under_way(opened.boxed()).await;
        Ok(())
    }

    /// Begins what is not answered at once: its first step is taken before the next request is looked at.
    async fn put_under_way(&mut self, mut under: Under) {
        match (&mut under).now_or_never() {
            Some(answered) => drop(self.on_answered(answered).await),
            None => self.under_way.push(under),
        }
    }

    /// A command of this side, put before its conversation's writer.
    fn command(&self, conversation: ConversationId, action: Action) -> Result<Begun, Refused> {
        if self.under_way.len() >= limits::LIVE_REQUESTS_MAX {
            let most = limits::LIVE_REQUESTS_MAX;
            return Err(Refused::too_many(format!("at most {most} requests may be under way")));
        }
        let (handle, account) = (self.server.handle.clone(), self.tenant.id().clone());
        let command = Command { by: self.actor(), cause: None, action };
        let mut asked = async move { handle.command(&account, conversation, command).await }.boxed();
        Ok(match (&mut asked).now_or_never() {
            Some(result) => Begun::Over(result),
            None => Begun::Waits(asked),
        })
    }

    fn later(
        &mut self,
        id: &str,
        begun: Begun,
        answered: impl FnOnce(String, Result<Written, EngineError>) -> Answered + Send + 'static,
    ) {
        let id = id.to_owned();
        self.under_way.push(match begun {
            Begun::Over(result) => std::future::ready(answered(id, result)).boxed(),
            Begun::Waits(asked) => asked.map(move |result| answered(id, result)).boxed(),
        });
    }

    /// Tells what came of a request.
    pub(super) async fn on_answered(&mut self, answered: Answered) -> Result<(), End> {
        match answered {
            Answered::Done { id, result } => match result {
                Ok(_) => self.respond(&id, 200, self.names().text, &json!("OK")),
                Err(error) => self.refuse(&id, &refusal(error)),
            },
            Answered::Taken { id, offer, result } => {
                self.follower.accepted(&offer, result.is_ok());
                match result {
                    Ok(_) => self.respond(&id, 202, self.names().text, &json!("OK")),
                    Err(error) => self.refuse(&id, &refusal(error)),
                }
            }
            Answered::Opened { id, result } => {
                self.opening = self.opening.saturating_sub(1);
                match result {
                    Ok(conversation) => {
                        let body = json!({"conversationId": conversation.to_string()});
                        self.respond(&id, 200, self.names().opened, &body);
                    }
                    Err(error) => self.refuse(&id, &refusal(error)),
                }
            }
            Answered::Published { id, conversation, result } => match result {
                Ok(written) => {
                    let sequence = self.sequence(conversation, written).await.map_err(failed)?;
                    self.respond(&id, 200, self.names().published, &json!({"sequence": sequence}));
                }
                Err(error) => self.refuse(&id, &refusal(error)),
            },
        }
        Ok(())
    }

    /// The wire's own sequence of what was written.
    async fn sequence(&mut self, conversation: ConversationId, written: Written) -> Result<u32, EngineError> {
        let place = match written.reply {
            Reply::Line(line) | Reply::Duplicate(line) => Some(line),
            Reply::Done => written.head,
        };
        let Some(place) = place else { return Ok(0) };
        let before = EventSeq::new(place.number().saturating_sub(limits::EVENTS_OF_STEP));
        let events = self.follower.events_since(conversation, before).await?;
        let own = self.participant();
        let exact = |recorded: &&Recorded| recorded.seq == place && sequence_of(recorded).is_some();
        let found = events.iter().find(exact).or_else(|| {
            let mut earlier = events.iter().rev().filter(|recorded| recorded.seq <= place);
            earlier.find(|recorded| recorded.by.participant() == Some(own) && sequence_of(recorded).is_some())
        });
        Ok(found.and_then(sequence_of).unwrap_or(0))
    }

    /// The state of a conversation that this side may know of; otherwise as if there were none.
    async fn state(&mut self, conversation: ConversationId) -> Result<Arc<Conversation>, Asked> {
        let state = self.server.handle.conversation(self.tenant.id(), conversation).await?;
        if self.sees(&state) { Ok(state) } else { Err(EngineError::from(Rejection::NotFound).into()) }
    }

    fn names(&self) -> &'static Names {
        match self.dialect {
            Dialect::Agent { .. } => &AGENTS,
            Dialect::Consumer => &CONSUMERS,
        }
    }
}

/// A command that was put before its writer.
enum Begun {
    Over(Result<Written, EngineError>),
    Waits(BoxFuture<'static, Result<Written, EngineError>>),
}

/// The wire's own sequence of a line or a receipt.
fn sequence_of(recorded: &Recorded) -> Option<u32> {
    if let Event::LinePublished(line) = &recorded.event {
        Some(line.wire_sequence)
    } else if let Event::LinesReceived { wire_sequence, .. } = recorded.event {
        Some(wire_sequence)
    } else {
        None
    }
}

/// Why a request was not done.
enum Asked {
    /// It is refused.
    No(Refused),
    /// The socket ends.
    End(End),
}

impl From<Refused> for Asked {
    fn from(refused: Refused) -> Self {
        Self::No(refused)
    }
}

impl From<EngineError> for Asked {
    fn from(error: EngineError) -> Self {
        Self::No(refusal(error))
    }
}

impl From<End> for Asked {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

fn refusal(error: EngineError) -> Refused {
    let problem: Problem = ApiError::from(error).into_problem();
    Refused::of_problem(&problem)
}

fn no_subscription() -> Refused {
    Refused::not_found("subscription.unknown", "this connection has no such subscription")
}

/// What responses are called.
struct Names {
    clock: &'static str,
    text: &'static str,
    subscribed: &'static str,
    conversations: &'static str,
    messages: &'static str,
    published: &'static str,
    profile: &'static str,
    opened: &'static str,
}

const AGENTS: Names = Names {
    clock: ".GetClock$Response",
    text: ".ReqBody$StringResp",
    subscribed: ".ams.GenericSubscribe$Response",
    conversations: ".ams.aam.SubscribeExConversations$Response",
    messages: ".ams.ms.QueryMessages$Response",
    published: ".ams.ms.PublishEvent$Response",
    profile: ".ams.userprofile.GetUserProfile$Response",
    opened: ".ams.cm.RequestConversation$Response",
};

const CONSUMERS: Names = Names {
    clock: "GetClockResponse",
    text: "StringResponse",
    subscribed: "GenericSubscribeResponse",
    conversations: "cqm.SubscribeExConversationsResponse",
    messages: "ms.QueryMessagesResponse",
    published: "ms.PublishEventResponse",
    profile: "userprofile.GetUserProfileResponse",
    opened: "cm.RequestConversationResponse",
};
