//! Profiles (messaging contract §1.5): what a consumer says about themselves, and what their brand says about them.

use serde_json::{Map, Value, json};

use super::refusal::Refused;
use crate::limits;

/// What people write into their own profile.
const TEXTS: [&str; 5] = ["firstName", "lastName", "avatarUrl", "backgndImgUri", "description"];
/// What is for the brand's side only.
const PRIVATE: [&str; 3] = ["mobileNum", "email", "mail"];

/// A consumer's profile, in words of the wire.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile(Map<String, Value>);

impl Profile {
    /// Reads what is set. What the brand's own application says about an identity (`authenticatedData`) counts only if that
    /// application says it: `vouched`.
    ///
    /// # Errors
    /// A text that is too long, or a profile that is.
    pub fn read(body: &Map<String, Value>, vouched: bool) -> Result<Self, Refused> {
        let body = body.get("userProfile").and_then(Value::as_object).unwrap_or(body);
        let mut kept = Map::new();
        take(body, &TEXTS, &mut kept)?;
        if let Some(private) = body.get("privateData").and_then(Value::as_object) {
            let mut own = Map::new();
            take(private, &PRIVATE, &mut own)?;
            kept.insert("privateData".to_owned(), Value::Object(own));
        }
        let said = body.get("authenticatedData").and_then(|data| data.get("lp_sdes"));
        if let Some(said) = said.filter(|said| vouched && said.is_array()) {
            kept.insert("authenticatedData".to_owned(), json!({"lp_sdes": said}));
        }
        let profile = Self(kept);
        if profile.stored().len() > limits::PROFILE_BYTES_MAX {
            let most = limits::PROFILE_BYTES_MAX;
            return Err(Refused::invalid("profile", format!("at most {most} bytes")));
        }
        Ok(profile)
    }

    /// As it is kept.
    pub fn stored(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// What was kept; an empty one if that is none.
    pub fn of_stored(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_default())
    }

    /// With every field that clients read. `id` is theirs.
    pub fn told(self, id: &str, role: &str) -> Value {
        let mut told = json!({
            "userId": id,
            "firstName": "",
            "lastName": "",
            "avatarUrl": "",
            "role": role,
            "backgndImgUri": "",
            "description": "",
            "privateData": {},
            "authenticatedData": {"lp_sdes": []},
            "claims": {"lp_sdes": []},
        });
        for (name, value) in self.0 {
            told[name] = value;
        }
        told
    }
}

fn take(from: &Map<String, Value>, names: &[&str], to: &mut Map<String, Value>) -> Result<(), Refused> {
    for name in names {
        let Some(text) = from.get(*name).and_then(Value::as_str) else { continue };
        if text.len() > limits::PROFILE_TEXT_BYTES_MAX {
            let most = limits::PROFILE_TEXT_BYTES_MAX;
            return Err(Refused::invalid(name, format!("at most {most} bytes")));
        }
        to.insert((*name).to_owned(), json!(text));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &Value, vouched: bool) -> Result<Value, Refused> {
        let profile = Profile::read(body.as_object().unwrap(), vouched)?;
        Ok(Profile::of_stored(&profile.stored()).told("cons_1", "CONSUMER"))
    }

    #[test]
    fn what_is_set_is_told_with_every_field_that_clients_read() {
        let told =
            read(&json!({"firstName": "Ada", "privateData": {"email": "a@b.c", "x": 1}, "y": 2}), false);
        let told = told.unwrap();
        assert_eq!((&told["firstName"], &told["lastName"]), (&json!("Ada"), &json!("")));
        assert_eq!(told["privateData"], json!({"email": "a@b.c"}));
        assert!(told.get("y").is_none());
    }

    #[test]
    fn nobody_vouches_for_themselves() {
        let said =
            json!({"authenticatedData": {"lp_sdes": [{"type": "ctmrinfo"}]}, "userId": "other", "role": "x"});
        let told = read(&said, false).unwrap();
        assert_eq!(told["authenticatedData"]["lp_sdes"], json!([]));
        assert_eq!((&told["userId"], &told["role"]), (&json!("cons_1"), &json!("CONSUMER")));
        let told = read(&said, true).unwrap();
        assert_eq!(told["authenticatedData"]["lp_sdes"][0]["type"], "ctmrinfo");
    }

    #[test]
    fn a_profile_has_bounds() {
        let long = "x".repeat(limits::PROFILE_TEXT_BYTES_MAX + 1);
        assert!(read(&json!({"firstName": long}), false).is_err());
        let many = vec![json!({"type": "personal", "personal": {"firstname": "Ada"}}); 1000];
        assert!(read(&json!({"authenticatedData": {"lp_sdes": many}}), true).is_err());
    }
}
