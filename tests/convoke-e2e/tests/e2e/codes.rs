//! Every error code of the functions contract (§6.3): provoked for real on the built binary, by code and HTTP status, or
//! absent, with the reason.
//!
//! The table names each code once. A code that is provoked and not in the table, or in the table and neither provoked nor
//! explained, fails the test.

mod inside;
mod planes;
mod site;

use std::collections::BTreeSet;

use anyhow::Result;
use site::Site;

/// What the contract has of a code.
enum Known {
    /// Some request or some client inside a function gets it here.
    Given,
    /// Nobody gets it here, because of this.
    Absent(&'static str),
}

use Known::{Absent, Given};

const IN_PROCESS: &str = "the platform answers in the same process, so nothing takes the ten or twenty seconds that its clients wait";
const NO_CREDENTIALS: &str =
    "a function is who it is: its toolbelt needs no credentials to call other functions";

/// The contract's codes: of the platform, of the toolbelts, of the context service.
const TABLE: &[(&str, Known)] = &[
    ("com.liveperson.faas.es.general", Given),
    ("com.liveperson.faas.es.unavailable", Given),
    ("com.liveperson.faas.es.badinput", Given),
    ("com.liveperson.faas.es.notdeployed", Given),
    ("com.liveperson.faas.es.missinglambda", Given),
    ("com.liveperson.faas.handler.custom-failure", Given),
    ("com.liveperson.faas.handler.runtime-exception", Given),
    ("com.liveperson.faas.handler.executiontime-exceeded", Given),
    (
        "com.liveperson.faas.handler.log-limit-reached",
        Absent("too many log lines are cut with a mark, and the function goes on"),
    ),
    ("com.liveperson.faas.fm.general", Given),
    ("com.liveperson.faas.fm.unavailable", Given),
    ("com.customer.faas.function.threw-error", Given),
    ("com.customer.faas.function.js-runtime-error", Given),
    ("com.customer.faas.function.execution-exceeded", Given),
    ("com.liveperson.faas.function.not-found", Given),
    ("com.liveperson.faas.function.unchanged", Given),
    (
        "com.liveperson.faas.function.runtime.limit-reached",
        Absent("too many log lines are cut with a mark, and the function goes on"),
    ),
    ("com.liveperson.faas.evg.general", Given),
    ("com.liveperson.faas.evg.invalid", Given),
    ("com.liveperson.faas.self-service.pending", Absent("an account is complete as soon as it is there")),
    ("com.liveperson.faas.fm.validation.interface-wrong", Given),
    ("com.liveperson.faas.secret.invalid-format", Given),
    ("com.liveperson.faas.secret.op-failed", Given),
    ("com.liveperson.faas.secret.op-timed-out", Given),
    ("com.liveperson.faas.secret.not-found", Given),
    (
        "com.liveperson.faas.secret.auth-failed",
        Absent("a function that runs has no credentials that could end; the sandbox's tests provoke it"),
    ),
    ("com.liveperson.faas.secret.forbidden", Given),
    ("com.liveperson.faas.csds.domain.not-found", Given),
    (
        "com.liveperson.faas.csds.op-failed",
        Absent("only a server that stops has no domains; the sandbox's tests provoke it"),
    ),
    (
        "com.liveperson.faas.handler.no-sa-token",
        Absent("every run has the platform; the sandbox's tests provoke it without one"),
    ),
    ("com.liveperson.faas.mtls.general-issue", Given),
    ("com.liveperson.faas.mtls.remote-threw", Given),
    ("com.liveperson.faas.mtls.missing-conf", Given),
    ("com.liveperson.faas.mtls.invalid-key", Given),
    ("com.liveperson.faas.mtls.invalid-cert", Given),
    ("com.liveperson.faas.mtls.invalid-request", Given),
    ("com.liveperson.faas.mtls.request-timeout", Given),
    ("com.liveperson.faas.lp-mtls.credentials-wrong-format", Given),
    ("com.liveperson.faas.lp-mtls.get-credentials-failure", Given),
    ("com.liveperson.faas.oauth2.general-issue", Given),
    ("com.liveperson.faas.oauth2.unexpected-response", Absent(NO_CREDENTIALS)),
    ("com.liveperson.faas.lp-client.credentials-wrong-format", Given),
    ("com.liveperson.faas.lp-client.get-credentials-failure", Given),
    ("com.liveperson.faas.conversation-util-general", Given),
    ("com.liveperson.faas.conversation-util.conversation.not-found", Given),
    ("com.liveperson.faas.conversation-util.unexpected-response", Given),
    ("com.liveperson.faas.conversation-util.timeout", Absent(IN_PROCESS)),
    ("com.liveperson.faas.gdpr-util-general", Given),
    ("com.liveperson.faas.gdpr-util.auth-failed", Given),
    (
        "com.liveperson.faas.gdpr-util.replace-file-failed",
        Absent("there is no swift to replace files in; the sandbox's tests provoke it"),
    ),
    ("com.liveperson.faas.sdes-util-general", Given),
    ("com.liveperson.faas.sdes-util.unexpected-response", Given),
    ("com.liveperson.faas.orchestrator-fn-general", Given),
    ("com.liveperson.faas.orchestrator-fn.invoke.timeout", Given),
    ("com.liveperson.faas.orchestrator-fn.invoke.status-code-error", Given),
    ("com.liveperson.faas.orchestrator-fn.credentials-wrong-format", Absent(NO_CREDENTIALS)),
    ("com.liveperson.faas.orchestrator-fn.get-credentials-failure", Absent(NO_CREDENTIALS)),
    ("com.liveperson.context-service-sdk.internal-server-error", Given),
    ("com.liveperson.context-service-sdk.unknown", Given),
    ("com.liveperson.context-service-sdk.response-timeout", Absent(IN_PROCESS)),
    ("com.liveperson.context-service-sdk.parameter.invalid", Given),
    (
        "com.liveperson.context-service-sdk.authorization.invalid",
        Absent("a function is who it is: its API key is not looked at; the sandbox's tests provoke it"),
    ),
    ("com.liveperson.context-service-sdk.data.does-not-exist", Given),
    ("com.liveperson.faas.cli.domain.unsupported", Absent(CLI)),
    ("com.liveperson.faas.cli.domain.missing", Absent(CLI)),
    ("com.liveperson.faas.cli.lambdas.notfound", Absent(CLI)),
    ("com.liveperson.faas.cli.packagemenager.notfound", Absent(CLI)),
    ("com.liveperson.faas.cli.pull.failed", Absent(CLI)),
    ("invoke-lambda", Absent(CONNECTOR)),
    ("missing-response-body", Absent(CONNECTOR)),
    ("failed-hook", Absent(CONNECTOR)),
    ("failed-faas-request", Absent(CONNECTOR)),
    ("failed-bot-action", Absent(CONNECTOR)),
    ("testConnection", Absent(CONNECTOR)),
    ("parse-message.malformed-alternative-intents", Absent(CONNECTOR)),
];

const CLI: &str = "LivePerson's own command line says it of its own files, without a server";
const CONNECTOR: &str = "codes of the bot connectors' worker, which is no part of a functions platform";

/// How many codes the contract has: of the platform in each generation, the toolbelts, the context service, the command line,
/// the connectors. One that is forgotten in the table shows.
const CODES_OF_CONTRACT: usize = 11 + 10 + 36 + 6 + 5 + 7;

#[tokio::test]
async fn every_code_of_the_contract_is_given_for_real_or_absent_for_a_reason() -> Result<()> {
    let site = Site::open().await?;
    let mut seen = planes::provoke(&site).await?;
    seen.extend(inside::provoke(&site).await?);
    seen.extend(planes::flood(&site).await?);
    site.fill_the_disk()?;
    seen.extend(planes::provoke_without_storage(&site).await?);
    seen.extend(inside::provoke_without_storage(&site).await?);

    assert_eq!(TABLE.iter().map(|(code, _)| code).collect::<BTreeSet<_>>().len(), CODES_OF_CONTRACT);
    let of = |given: bool| {
        let chosen = TABLE.iter().filter(move |(_, known)| matches!(known, Given) == given);
        chosen.map(|(code, _)| (*code).to_owned()).collect::<BTreeSet<_>>()
    };
    // Ours has codes beyond the contract's, for faults of code that the contract has no word for.
    let ours = |code: &String| !code.starts_with("com.liveperson.faas.fm.validation.");
    let of_contract: BTreeSet<String> =
        seen.into_iter().filter(|code| ours(code) || TABLE.iter().any(|(known, _)| known == code)).collect();
    assert_eq!(of_contract, of(true), "what is given is what the table says");
    for (code, known) in TABLE {
        let Absent(reason) = known else { continue };
        assert!(reason.len() > 20, "{code} is absent without a reason");
    }
    Ok(())
}
