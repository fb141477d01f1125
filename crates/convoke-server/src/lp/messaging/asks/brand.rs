//! The old brand profile: the account's times to respond.

use convoke_api::lp::messaging::{brand, set_brand};
use serde_json::{Map, Value, json};

use super::Asked;
use crate::lp::messaging::session::Session;

const BRANDS: &str = ".ams.brandprofile.GetBrands$Response";
const BRAND: &str = ".ams.brandprofile.GetBrandProfile$Response";

impl Session {
    /// The one brand that there is for whoever asks.
    pub(super) fn brands(&mut self, id: &str) {
        let body = json!([brand(&self.tenant.view.account)]);
        self.respond(id, 200, BRANDS, &body);
    }

    pub(super) fn brand(&mut self, id: &str) {
        let body = brand(&self.tenant.view.account);
        self.respond(id, 200, BRAND, &body);
    }

    /// Administrators set the times; the account refuses everybody else.
    pub(super) async fn set_brand(&mut self, id: &str, profile: &Map<String, Value>) -> Result<(), Asked> {
        let command = set_brand(&self.tenant.view.account, profile)?;
        self.server.configure(&self.tenant, command).await?;
        self.respond(id, 200, self.names().text, &json!("OK"));
        Ok(())
    }
}
