//! Presences and offers: who takes conversations, and who is offered which.

use convoke_api::lp::messaging::{Refused, RingAnswer};
use convoke_domain::conversation::Action;
use convoke_engine::{Availability, OfferId, OfferRefused};
use serde_json::json;

use super::{Answered, Asked};
use crate::lp::messaging::offers;
use crate::lp::messaging::session::{Session, Side};

impl Session {
    pub(super) fn set_availability(&mut self, id: &str, word: &str) -> Result<(), Asked> {
        let availability = Availability::from_wire(word)
            .ok_or_else(|| Refused::invalid("availability", format!("{word} is not known")))?;
        self.follower.set_availability(availability);
        self.respond(id, 202, self.names().text, &json!("OK"));
        Ok(())
    }

    pub(super) fn subscribe_presences(&mut self, id: &str, agent: Option<String>) -> Result<(), Asked> {
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

    pub(super) fn subscribe_offers(&mut self, id: &str) {
        let Side::Agent(user) = self.side else { return };
        let subscription = "offers-1".to_owned();
        self.follower.listen_to_offers();
        let open = self.follower.offers_to(user);
        let told = offers::offers(&subscription, &open, &self.tenant.view.account);
        self.respond(id, 200, self.names().subscribed, &json!({"subscriptionId": subscription}));
        self.out.push_back(told);
        self.offers = Some(subscription);
    }

    pub(super) fn answer_ring(&mut self, id: &str, answer: &RingAnswer) -> Result<(), Asked> {
        let offer = OfferId::named(&answer.ring);
        let over = |refused: OfferRefused| match refused {
            OfferRefused::Unknown => Refused::not_found("offer.unknown", refused.to_string()),
            OfferRefused::Over => Refused::over("offer.over", refused.to_string()),
        };
        if !answer.accepted {
            self.follower.reject(&offer).map_err(over)?;
            self.respond(id, 202, self.names().text, &json!("OK"));
            return Ok(());
        }
        let accepting = self.follower.accept(&offer).map_err(over)?;
        let accept = Action::Accept { agent: accepting.agent() };
        let asked = self.command(accepting.conversation(), accept)?;
        self.later(id, asked, |id, result| {
            if result.is_ok() {
                accepting.taken();
            }
            Answered::Taken { id, result }
        });
        Ok(())
    }
}
