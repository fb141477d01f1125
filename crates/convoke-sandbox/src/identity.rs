//! Whose function it is, as its source sees it: variables of the platform, beside those of the author.

use std::collections::BTreeMap;

/// Account and function, for the environment of a program. Both generations' names are there for every source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's id: `BRAND_ID`, and what the toolbelts put into paths.
    pub account: String,
    /// The function's id: `LAMBDA_UUID`.
    pub function: String,
}

/// Where sources look up the domains of services; requests to it are answered in process.
const CSDS_DOMAIN: &str = "api.liveperson.net";

impl Identity {
    /// Adds the platform's variables to those of the author, who cannot overrule them.
    pub fn add_to(&self, environment: &mut BTreeMap<String, String>) {
        let variables = [
            ("BRAND_ID", self.account.as_str()),
            ("LAMBDA_UUID", &self.function),
            ("X_LIVEPERSON_BRAND_ID", &self.account),
            ("X_LIVEPERSON_CSDS_DOMAIN", CSDS_DOMAIN),
            ("X_LIVEPERSON_FUNCTION_UUID", &self.function),
            ("X_LIVEPERSON_PROJECT_ID", &self.account),
        ];
        for (name, value) in variables {
            environment.insert(name.to_owned(), value.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_variables_overrule_the_authors() {
        let mut environment: BTreeMap<String, String> =
            [("BRAND_ID", "mine"), ("OTHER", "x")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        Identity { account: "le1".into(), function: "f-1".into() }.add_to(&mut environment);
        assert_eq!((environment["BRAND_ID"].as_str(), environment["OTHER"].as_str()), ("le1", "x"));
        assert_eq!(environment["X_LIVEPERSON_FUNCTION_UUID"], environment["LAMBDA_UUID"]);
    }
}
