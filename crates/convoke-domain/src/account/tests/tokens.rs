//! Tokens: whose they are, who may end them, and for how long they speak.

use super::*;

#[test]
fn a_token_that_does_not_fit_is_refused() {
    let events = grown(settled(), [Command::IssueToken { id: token_id(1), token: token(1), at: now() }]);
    let issue = |token| Command::IssueToken { id: token_id(2), token, at: now() };
    let consumer = Principal::Consumer(ConsumerId::from_bits(1));
    let operator: BTreeSet<_> = [UserRole::Operator].into();
    let refusals = [
        (issue(AccessToken { name: String::new(), ..token(2) }), "name.invalid"),
        (issue(AccessToken { sha256: "ABC".to_owned(), ..token(2) }), "token.hash_invalid"),
        (issue(AccessToken { sha256: "G".repeat(64), ..token(2) }), "token.hash_invalid"),
        (issue(token(1)), "token.taken"),
        (Command::IssueToken { id: token_id(1), token: token(2), at: now() }, "token.taken"),
        (issue(AccessToken { expires_at: now(), ..token(2) }), "token.expiry_invalid"),
        (issue(AccessToken { expires_at: Timestamp::MAX, ..token(2) }), "token.expiry_invalid"),
        (issue(AccessToken { principal: Principal::User(user_id(9)), ..token(2) }), "user.unknown"),
        (issue(AccessToken { roles: [UserRole::Administrator].into(), ..token(2) }), "token.roles_exceed"),
        (issue(AccessToken { principal: consumer, ..token(2) }), "token.roles_exceed"),
        (
            issue(AccessToken { principal: Principal::Application, roles: operator, ..token(2) }),
            "role.not_grantable",
        ),
        (Command::RevokeToken { id: token_id(9) }, "token.unknown"),
    ];
    for (command, code) in refusals {
        assert_eq!(refused(&events, command.clone()).code(), code, "{command:?}");
    }
    let account = after(&events).unwrap();
    assert_eq!(account.token_by_sha256(&token(1).sha256).map(|(id, _)| id), Some(token_id(1)));
    assert!(!format!("{account:?}").contains(&token(1).sha256), "hashes stay out of logs");
}

#[test]
fn anyone_may_end_their_own_token_but_not_anothers() {
    let mut events = grown(settled(), [Command::DefineUser { id: user_id(2), user: user(2) }]);
    let other = AccessToken { principal: Principal::User(user_id(2)), ..token(2) };
    events = grown(
        events,
        [
            Command::IssueToken { id: token_id(1), token: token(1), at: now() },
            Command::IssueToken { id: token_id(2), token: other, at: now() },
        ],
    );
    let own = decide_as(&events, &[UserRole::Agent], Command::RevokeToken { id: token_id(1) });
    assert_eq!(own, Ok(vec![Event::TokenRevoked { id: token_id(1) }]));
    let refusal = decide_as(&events, &[UserRole::Agent], Command::RevokeToken { id: token_id(2) });
    assert_eq!(refusal.unwrap_err().code(), "role.missing");
}

#[test]
fn a_token_speaks_for_its_holder_while_both_are_valid() {
    let manager = User { roles: [UserRole::Agent, UserRole::AgentManager].into(), ..user(1) };
    let both = AccessToken { roles: manager.roles.clone(), ..token(1) };
    let define = |user| Command::DefineUser { id: user_id(1), user };
    let events = grown(
        settled(),
        [define(manager.clone()), Command::IssueToken { id: token_id(1), token: both.clone(), at: now() }],
    );
    let roles_at = |events: &[Event], now| match after(events).unwrap().actor_of(&both.sha256, now) {
        Some(Actor::Principal { principal, token, roles }) => {
            assert_eq!((principal, token), (both.principal, Some(token_id(1))));
            Some(roles)
        }
        Some(Actor::System | Actor::Function { .. }) => panic!("a token speaks for nobody else"),
        None => None,
    };
    assert_eq!(roles_at(&events, now()), Some(both.roles.clone()));
    assert_eq!(roles_at(&events, both.expires_at), None, "it has expired");
    let demoted = grown(events.clone(), [define(user(1))]);
    assert_eq!(roles_at(&demoted, now()), Some(user(1).roles), "it allows no more than its holder may now");
    let disabled = grown(events.clone(), [define(User { enabled: false, ..manager })]);
    assert_eq!(roles_at(&disabled, now()), None);
    let revoked = grown(events, [Command::RevokeToken { id: token_id(1) }]);
    assert_eq!(roles_at(&revoked, now()), None);
}
