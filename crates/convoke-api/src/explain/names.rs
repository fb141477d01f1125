//! Names for ids, for those who read.

use convoke_domain::account::Account;
use convoke_domain::function::Functions;
use convoke_domain::id::{FunctionId, SkillId, UserId};

/// Knows what people call things; `None` where it does not.
pub trait Names {
    /// Nickname of a user.
    fn user(&self, user: UserId) -> Option<String>;
    /// Name of a function.
    fn function(&self, function: FunctionId) -> Option<String>;
    /// Name of a skill.
    fn skill(&self, skill: &SkillId) -> Option<String>;
}

/// Knows no names: ids are shown.
#[derive(Debug, Clone, Copy)]
pub struct NoNames;

impl Names for NoNames {
    fn user(&self, _: UserId) -> Option<String> {
        None
    }

    fn function(&self, _: FunctionId) -> Option<String> {
        None
    }

    fn skill(&self, _: &SkillId) -> Option<String> {
        None
    }
}

/// The names of an account as it is now.
#[derive(Debug, Clone, Copy)]
pub struct AccountNames<'a> {
    /// The account.
    pub account: &'a Account,
    /// Its functions.
    pub functions: &'a Functions,
}

impl Names for AccountNames<'_> {
    fn user(&self, user: UserId) -> Option<String> {
        self.account.user(user).map(|user| user.nickname.clone())
    }

    fn function(&self, function: FunctionId) -> Option<String> {
        self.functions.get(function).map(|function| function.name.clone())
    }

    fn skill(&self, skill: &SkillId) -> Option<String> {
        self.account.skill(skill).map(|skill| skill.name.clone())
    }
}
