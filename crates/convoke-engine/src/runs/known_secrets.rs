//! Values of the accounts' secrets in what is kept of runs: named, also where the run never read the secret.
//!
//! A caller may send a key in an input, and another host may tell one in its answer. Of these the sandbox knows nothing; here
//! the account's present secrets are known. Leaves out: values that are written otherwise, such as in Base64, and values that
//! a secret had before.

use std::collections::HashMap;
use std::sync::Arc;

use convoke_domain::account::{Account, secret_text};
use convoke_domain::id::{AccountId, SecretName};
use serde_json::Value;

use super::body::RunBody;
use crate::directory::AccountView;
use crate::keys::MasterKey;
use crate::limits;
use crate::recordings::Recording;
use crate::secrets;

/// Shorter texts are found by chance, in times and numbers for instance, and taking them out would spoil a replay. Bytes.
const VALUE_BYTES_MIN: usize = 8;

/// A value is looked for by its first bytes, all values at once.
const KEY_BYTES: usize = 4;

/// The secrets of accounts, as far as they were needed.
pub(super) struct KnownSecrets {
    master: MasterKey,
    accounts: HashMap<AccountId, (Arc<AccountView>, Arc<Values>)>,
}

/// The values of one account's secrets.
#[derive(Default)]
struct Values {
    /// How any of them begins, which nearly every place of a text is ruled out by.
    begins: Begins,
    /// What to look for, longest first, by its first bytes.
    by_key: HashMap<[u8; KEY_BYTES], Vec<Wanted>>,
    texts: usize,
}

/// A bit for each pair of first bytes.
struct Begins(Vec<u64>);

impl Default for Begins {
    fn default() -> Self {
        Self(vec![0; 1 << 10])
    }
}

impl Begins {
    /// Which of the words, and which of its bits.
    fn place(first: u8, second: u8) -> (usize, u64) {
        ((usize::from(first) << 2) | (usize::from(second) >> 6), 1 << (second & 63))
    }

    fn add(&mut self, [first, second, ..]: [u8; KEY_BYTES]) {
        let (word, bit) = Self::place(first, second);
        self.0[word] |= bit;
    }

    fn has(&self, [first, second, ..]: [u8; KEY_BYTES]) -> bool {
        let (word, bit) = Self::place(first, second);
        self.0[word] & bit != 0
    }
}

struct Wanted {
    text: String,
    name: SecretName,
    version: u32,
}

impl Wanted {
    fn shown(&self) -> String {
        secret_text::shown(self.name.as_str())
    }

    fn reference(&self) -> String {
        secret_text::reference(self.name.as_str(), self.version.into())
    }
}

impl KnownSecrets {
    pub(super) fn new(master: MasterKey) -> Self {
        Self { master, accounts: HashMap::new() }
    }

    /// Takes the values out of a recording.
    pub(super) fn take_out_of_recording(&mut self, view: &Arc<AccountView>, recording: &mut Recording) {
        let values = self.of(view);
        for answer in &mut recording.answers {
            values.take_out(&mut answer.answer, Wanted::reference);
        }
        if let Some(without) = values.without(&recording.input, Wanted::reference) {
            recording.input = without.into();
        }
    }

    /// Takes the values out of what a run logged and said.
    pub(super) fn take_out_of_body(&mut self, view: &Arc<AccountView>, body: &mut RunBody) {
        let values = self.of(view);
        for line in &mut body.lines {
            values.take_out(&mut line.message, Wanted::shown);
            line.extras.iter_mut().for_each(|extra| values.take_out(extra, Wanted::shown));
        }
        body.detail.iter_mut().for_each(|detail| values.take_out(detail, Wanted::shown));
    }

    fn of(&mut self, view: &Arc<AccountView>) -> Arc<Values> {
        let id = &view.account.id;
        if let Some((seen, values)) = self.accounts.get_mut(id)
            && (Arc::ptr_eq(seen, view) || seen.account.secrets == view.account.secrets)
        {
            // The latest is what the next run has, so that secrets are not compared again, and older ones are let go.
            *seen = Arc::clone(view);
            return Arc::clone(values);
        }
        let values = Arc::new(Values::of(&view.account, &self.master));
        if self.accounts.len() >= limits::SECRETS_KNOWN_ACCOUNTS_MAX {
            self.accounts.clear();
        }
        self.accounts.insert(id.clone(), (Arc::clone(view), Arc::clone(&values)));
        values
    }
}

impl Values {
    fn of(account: &Account, master: &MasterKey) -> Self {
        let mut values = Self::default();
        for (name, secret) in &account.secrets {
            let Ok(opened) = secrets::open(master, &account.id, name, secret) else {
                tracing::warn!(account = %account.id, secret = %name, "a secret does not open: it is not looked for in runs");
                continue;
            };
            let Ok(value) = serde_json::from_str(&opened) else { continue };
            values.learn(name, secret.version, &value);
        }
        values.sort();
        values
    }

    /// The longest value counts, where one is the beginning of another.
    fn sort(&mut self) {
        self.by_key.values_mut().for_each(|wanted| {
            wanted.sort_by_key(|wanted| std::cmp::Reverse(wanted.text.len()));
        });
    }

    fn learn(&mut self, name: &SecretName, version: u32, value: &Value) {
        secret_text::texts(value, &mut |text| {
            let long = text.len() >= VALUE_BYTES_MIN;
            secret_text::forms(text).filter(|_| long).for_each(|form| self.add(name, version, form));
        });
    }

    fn add(&mut self, name: &SecretName, version: u32, text: String) {
        let Some(key) = text.as_bytes().first_chunk() else { return };
        if self.texts < limits::SECRETS_KNOWN_TEXTS_MAX {
            self.begins.add(*key);
            self.by_key.entry(*key).or_default().push(Wanted { text, name: name.clone(), version });
            self.texts += 1;
        }
    }

    /// The value with which a text begins that begins with `key`.
    fn begin_of(&self, key: [u8; KEY_BYTES], text: &[u8]) -> Option<&Wanted> {
        if !self.begins.has(key) {
            return None;
        }
        self.by_key.get(&key)?.iter().find(|wanted| text.starts_with(wanted.text.as_bytes()))
    }

    fn take_out(&self, text: &mut String, by: impl Fn(&Wanted) -> String) {
        if let Some(without) = self.without(text, by) {
            *text = without;
        }
    }

    /// The text without the values; `None` if none is in it.
    fn without(&self, text: &str, by: impl Fn(&Wanted) -> String) -> Option<String> {
        if self.by_key.is_empty() {
            return None;
        }
        let mut cleaned = String::new();
        let (mut kept, mut at) = (0, 0);
        while let Some(key) = text.as_bytes().get(at..).and_then(<[u8]>::first_chunk::<KEY_BYTES>) {
            let Some(wanted) = self.begin_of(*key, &text.as_bytes()[at..]) else {
                at += 1;
                continue;
            };
            // A value that is text begins and ends between characters.
            cleaned.push_str(&text[kept..at]);
            cleaned.push_str(&by(wanted));
            at += wanted.text.len();
            kept = at;
        }
        (kept > 0).then(|| cleaned + &text[kept..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(secrets: &[(&str, Value)], text: &str) -> String {
        let mut values = Values::default();
        for (name, value) in secrets {
            values.learn(&name.parse().unwrap(), 3, value);
        }
        values.sort();
        let mut text = text.to_owned();
        values.take_out(&mut text, Wanted::reference);
        text
    }

    #[test]
    fn a_value_is_named_wherever_it_occurs() {
        let secrets =
            [("a", Value::from("order-key-1")), ("b", serde_json::json!({ "key": "ünlocked-é", "n": 1 }))];
        assert_eq!(
            cleaned(&secrets, "ö order-key-1order-key-1, ünlocked-é."),
            "ö [secret a 3][secret a 3], [secret b 3]."
        );
        assert_eq!(cleaned(&secrets, "order-key-2 is another"), "order-key-2 is another");
        assert_eq!(cleaned(&[], "order-key-1"), "order-key-1");
    }

    #[test]
    fn a_value_is_found_in_json_and_in_json_within_json() {
        let secrets = [("pem", Value::from("BEGIN \"KEY\"\nabc\n"))];
        let once = serde_json::json!({ "key": "BEGIN \"KEY\"\nabc\n" }).to_string();
        assert_eq!(cleaned(&secrets, &once), r#"{"key":"[secret pem 3]"}"#);
        let twice = serde_json::json!({ "text": once }).to_string();
        assert_eq!(cleaned(&secrets, &twice), r#"{"text":"{\"key\":\"[secret pem 3]\"}"}"#);
    }

    #[test]
    fn the_longest_value_counts_and_short_ones_are_left() {
        let secrets = [
            ("short", Value::from("abcdefgh")),
            ("long", Value::from("abcdefghij")),
            ("pin", Value::from("1234")),
        ];
        assert_eq!(cleaned(&secrets, "abcdefghij abcdefgh 1234"), "[secret long 3] [secret short 3] 1234");
    }
}
