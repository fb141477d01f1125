//! Who somebody is.

use convoke_api::lp::messaging::{Profile, Refused, pid_of};
use convoke_domain::conversation::ParticipantId;
use convoke_domain::id::ConsumerId;
use serde_json::{Map, Value, json};

use super::Asked;
use crate::lp::messaging::session::{Session, Side};

impl Session {
    /// Who somebody is, as far as the brand's side and the person may know.
    pub(super) async fn profile(&mut self, id: &str, of: Option<String>) -> Result<(), Asked> {
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
        let (profile, role) = match who {
            ParticipantId::User(user) => {
                let name = account.user(user).map_or("", |user| user.nickname.as_str());
                let named = json!({"firstName": name});
                (named.as_object().map(|named| Profile::read(named, false)).transpose()?, "BRAND_AGENT")
            }
            ParticipantId::Consumer(consumer) => {
                let kept = self.server.handle.profile(self.tenant.id(), consumer).await?;
                (kept.map(|kept| Profile::of_stored(&kept)), "CONSUMER")
            }
            ParticipantId::ControllerBot => (None, "CONTROLLER"),
        };
        let body = profile.unwrap_or_default().told(&pid_of(account, who), role);
        self.respond(id, 200, self.names().profile, &body);
        Ok(())
    }

    /// A consumer says who they are. What agents are called is the account's to say.
    pub(super) async fn set_profile(&mut self, id: &str, body: &Map<String, Value>) -> Result<(), Asked> {
        let Side::Consumer { consumer, .. } = self.side else { return Ok(()) };
        let profile = Profile::read(body, self.vouched)?;
        self.server.handle.set_profile(self.tenant.id(), consumer, &profile.stored()).await?;
        self.respond(id, 200, self.names().text, &json!("OK"));
        Ok(())
    }
}
